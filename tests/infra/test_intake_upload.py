"""`sophia intake`: what a person names is dropped where the function finds it."""

from pathlib import Path
from typing import Any

import pytest

from chalicelib.ingest.dropped import ACCEPTS_FEWER_ROWS
from infra.company.world import build
from infra.intake import CannotDrop, imagined, upload


class Bucket:
    """What was put, by key."""

    def __init__(self) -> None:
        self.put: dict[str, tuple[bytes, dict[str, str]]] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, Metadata: Any) -> None:
        self.put[Key] = (Body, Metadata)


def test_files_and_folders_are_dropped_under_their_own_names(tmp_path: Path) -> None:
    (tmp_path / "2026" / "10").mkdir(parents=True)
    (tmp_path / "2026" / "10" / "b.XLSX").write_bytes(b"x")
    (tmp_path / "2026" / "notes.txt").write_bytes(b"x")
    (tmp_path / "a.csv").write_bytes(b"abc")
    bucket = Bucket()

    dropped = upload(bucket, "lake", "costar", [tmp_path / "a.csv", tmp_path / "2026"])

    assert [one.key for one in dropped] == ["drops/costar/a.csv", "drops/costar/10/b.XLSX"]
    assert bucket.put["drops/costar/a.csv"] == (b"abc", {})


def test_whoever_says_that_few_rows_are_right_says_it_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"abc")
    bucket = Bucket()
    upload(bucket, "lake", "costar", [tmp_path], accepts_fewer_rows=True)
    assert bucket.put["drops/costar/a.csv"][1] == {ACCEPTS_FEWER_ROWS: "true"}


def test_what_cannot_be_dropped_says_what_can(tmp_path: Path) -> None:
    with pytest.raises(CannotDrop, match="costar"):
        upload(Bucket(), "lake", "slack", [tmp_path])
    with pytest.raises(CannotDrop, match=r"\.xlsx"):
        upload(Bucket(), "lake", "costar", [tmp_path])
    with pytest.raises(CannotDrop, match="no such file"):
        upload(Bucket(), "lake", "costar", [tmp_path / "gone.csv"])


def test_the_simulated_companys_files_lie_in_a_folder_by_source(tmp_path: Path) -> None:
    places = imagined(build(seed=7), tmp_path, names=["costar"])
    assert places == {"costar": tmp_path / "costar"}
    assert len(upload(Bucket(), "lake", "costar", [places["costar"]])) == 37
