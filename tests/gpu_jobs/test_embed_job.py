"""What a worker leaves in the lake, whatever happens to it or to a document."""

import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from events import keys
from events.gpu_job import Refused
from gpu_jobs import data
from gpu_jobs import run as worker
from gpu_jobs.chunking.documents import model_text
from gpu_jobs.lake import FolderLake, LakeUnavailable
from tests.gpu_jobs.small_jobs import MODEL, NOW, HashEncoder, done, embed, put_job, rows
from tests.gpu_jobs.written_documents import document, spoken

ROOT = Path(__file__).parents[2]
LONG = "A sentence about the renewal and its price. " * 90


class WatchedLake(FolderLake):
    """Remembers the order of what is written; keys that contain `broken_part` are not taken."""

    def __init__(self, folder: Path, broken_part: str = "\x00") -> None:
        super().__init__(folder)
        self.broken_part = broken_part
        self.written: list[str] = []

    def put(self, key: str, body: bytes) -> None:
        if self.broken_part in key:
            raise LakeUnavailable(f"{key} was not written")
        super().put(key, body)
        self.written.append(key)

    def put_if_absent(self, key: str, body: bytes) -> bool:
        self.written.append(key)
        return super().put_if_absent(key, body)


@pytest.fixture
def lake(tmp_path) -> FolderLake:
    return FolderLake(tmp_path / "lake")


def shards(count: int = 3) -> list[list[dict]]:
    return [
        [
            document(f"{LONG} shard {number}", title="Renewal", name=f"page-{number}"),
            spoken([("Ann", f"Is it {number}?"), ("Bob", "It is.")], name=f"call-{number}"),
            document(f"Note {number}", "note", "Deal", name=f"note-{number}"),
        ]
        for number in range(count)
    ]


def through(manifest, lake, encoder, now=lambda: NOW, is_stopped=lambda: False, tell=lambda *_: None):
    return worker.work_through(manifest, embed(encoder), lake, now, is_stopped, tell)


def objects(lake: FolderLake) -> dict[str, bytes]:
    folder = lake.folder
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}


def test_every_chunk_gets_the_vector_of_what_the_model_is_given_of_it(lake):
    encoder = HashEncoder()
    manifest = put_job(lake, shards())
    assert through(manifest, lake, encoder) == worker.Ended(worker.FINISHED, "finished", "", 3)
    for shard in manifest.shards:
        chunks, vectors = rows(lake, "chunks", shard), rows(lake, "embeddings", shard)
        assert [chunk["chunk_id"] for chunk in chunks] == [vector["chunk_id"] for vector in vectors]
        expected = encoder.encode([model_text(chunk, MODEL) for chunk in chunks])
        assert np.allclose([vector["embedding"] for vector in vectors], expected)
        assert {vector["model_version"] for vector in vectors} == {MODEL.version}
        marker = done(lake, shard)
        assert (marker.documents, marker.chunks, marker.refused) == (3, len(chunks), ())
        assert marker.tokens == sum(chunk["tokens"] for chunk in chunks)


def test_the_marker_is_written_last(tmp_path):
    lake = WatchedLake(tmp_path)
    through(put_job(lake, shards(1)), lake, HashEncoder())
    assert [key.split("/")[1] for key in lake.written] == ["shards", "jobs", "results", "results", "done"]


def test_a_second_run_pays_nothing(lake):
    manifest = put_job(lake, shards())
    through(manifest, lake, HashEncoder())
    before, idle, told = objects(lake), HashEncoder(is_well=False), []
    assert through(manifest, lake, idle, tell=lambda *one: told.append(one[1])).shards_done == 3
    assert objects(lake) == before
    assert told == [None, None, None]


def test_a_worker_killed_in_its_second_shard_costs_that_shard_alone(lake, tmp_path):
    manifest = put_job(lake, shards())
    stuck = subprocess.Popen([sys.executable, "-m", "tests.gpu_jobs.stuck_worker", str(tmp_path / "lake")], cwd=ROOT)
    try:
        deadline = time.monotonic() + 120
        while not (tmp_path / "lake" / "stuck").exists():
            assert stuck.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        stuck.send_signal(signal.SIGKILL)
        stuck.wait()
    assert [done(lake, shard) is not None for shard in manifest.shards] == [True, False, False]

    second = HashEncoder()
    assert through(manifest, lake, second).exit_code == worker.FINISHED
    elsewhere = FolderLake(tmp_path / "undisturbed")
    undisturbed = HashEncoder()
    through(put_job(elsewhere, shards()), elsewhere, undisturbed)
    left, right = objects(lake), objects(elsewhere)
    assert left.keys() == right.keys()
    assert {key for key in left if left[key] != right[key]} <= {key for key in left if "/done/" in key}  # their seconds
    assert len(second.texts) < len(undisturbed.texts)


def test_a_poisoned_document_is_refused_and_costs_nobody_else(lake):
    ill = [
        document("", name="empty"),
        document("Some text.", "call", structure=[{"start": 5, "end": 900}], name="unfit"),
        document("The poison is here.", name="poison"),
        {**document("x", name="no-hash"), "text": "y", "structure": "{", "document_type": "thread"},
    ]
    well = shards(1)[0]
    manifest = put_job(lake, [[*well[:1], *ill, *well[1:]]])
    assert through(manifest, lake, HashEncoder(poison="poison")).exit_code == worker.FINISHED
    [shard] = manifest.shards
    assert {row["document_id"] for row in rows(lake, "chunks", shard)} == {one["document_id"] for one in well}
    assert set(done(lake, shard).refused) == {
        Refused(document_id=one["document_id"], content_hash=one["content_hash"], reason=reason)
        for one, reason in zip(
            ill, ("nothing_to_read", "structure_leaves_the_text", "engine_failed", "structure_unreadable"), strict=True
        )
    }
    told = data.decode(lake.get(keys.gpu_result("refusals", MODEL.slug, shard.shard_id)), data.REFUSALS)
    assert {row["document_id"] for row in told} == {one["document_id"] for one in ill}
    assert {(row["kind"], row["model_version"]) for row in told} == {("embed", MODEL.version)}


def test_an_engine_that_fails_at_everything_refuses_no_document(lake):
    manifest = put_job(lake, shards(1))
    with pytest.raises(RuntimeError, match="illegal memory"):
        through(manifest, lake, HashEncoder(is_well=False))
    assert done(lake, manifest.shards[0]) is None


def test_a_vector_that_is_no_number_is_refused(lake):
    class Broken(HashEncoder):
        def encode(self, texts):
            vectors = super().encode(texts)
            vectors[["Note" in text for text in texts]] = np.nan
            return vectors

    manifest = put_job(lake, shards(1))
    through(manifest, lake, Broken())
    assert [one.reason for one in done(lake, manifest.shards[0]).refused] == ["vector_not_finite"]


def test_the_same_content_is_embedded_once(lake):
    manifest = put_job(lake, [[document("One text.", name="a"), document("One text.", name="b")]])
    encoder = HashEncoder()
    through(manifest, lake, encoder)
    assert encoder.texts == ["One text."]
    assert [row["document_id"] for row in rows(lake, "embeddings", manifest.shards[0])] == ["a"]


def test_a_worker_stops_after_the_shard_in_hand(lake):
    manifest = put_job(lake, shards())
    stops = iter([False, True])
    assert through(manifest, lake, HashEncoder(), is_stopped=lambda: next(stops)) == worker.Ended(
        worker.STOPPED, "failed", "terminated", 1
    )
    assert through(manifest, lake, HashEncoder(), now=lambda: NOW + timedelta(hours=1)).reason == "out_of_time"
    assert [done(lake, shard) is not None for shard in manifest.shards] == [True, False, False]


def test_a_lost_shard_costs_no_other(lake):
    manifest = put_job(lake, shards())
    (lake.folder / manifest.shards[0].key).unlink()
    lake.put(manifest.shards[1].key, b"no parquet")
    assert through(manifest, lake, HashEncoder()) == worker.Ended(worker.FAILED, "failed", "shard_lost", 1)
    assert done(lake, manifest.shards[2])


def test_no_marker_is_left_where_a_result_was_not_written(tmp_path):
    lake = WatchedLake(tmp_path, broken_part="results/embeddings")
    manifest = put_job(lake, shards(1))
    with pytest.raises(LakeUnavailable):
        through(manifest, lake, HashEncoder())
    assert done(lake, manifest.shards[0]) is None
