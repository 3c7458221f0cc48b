"""Rows of CSV files and workbooks as people save them."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest

from chalicelib.errors import Unreadable
from chalicelib.ingest.drop import Row
from chalicelib.ingest.drop_rows import opened
from infra.company.workbook import workbook


def read(tmp_path: Path, body: bytes, suffix: str = ".csv") -> tuple[list[str], list[Row]]:
    path = tmp_path / "file"
    path.write_bytes(body)
    with opened(path, suffix) as (header, rows):
        return list(header), list(rows)


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8-sig", b""), ("cp1252", b""), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_is_read_in_every_encoding_and_delimiter_a_spreadsheet_saves(
    tmp_path: Path, encoding: str, mark: bytes, delimiter: str
) -> None:
    text = f'ID{delimiter}Name\r\n1{delimiter}"Grünwald{delimiter}\r\n""North"""\r\n\r\n2{delimiter} Oak \r\n'
    header, rows = read(tmp_path, mark + text.encode(encoding))
    assert header == ["ID", "Name"]
    assert [row.values["Name"] for row in rows] == [f'Grünwald{delimiter}\r\n"North"', "Oak"]
    assert [row.number for row in rows] == [2, 4]


def test_a_workbooks_dates_and_numbers_are_text_as_a_person_reads_them(tmp_path: Path) -> None:
    body = workbook([["ID", "On", "Rent", "Note", None], [7, date(2026, 10, 31), 33.5, "a & <b>"], [], [8, None, 2.0]])
    header, rows = read(tmp_path, body, ".xlsx")
    assert header == ["ID", "On", "Rent", "Note"]
    assert rows[0] == Row(2, {"ID": "7", "On": "2026-10-31", "Rent": "33.5", "Note": "a & <b>"})
    assert rows[1].number == 4 and rows[1].values["Rent"] == "2"


def test_what_stands_beyond_the_header_is_not_lost_from_sight(tmp_path: Path) -> None:
    _, (row,) = read(tmp_path, b"ID,Name\n1,Oak,Hill\n")
    assert row.values[""] == "Hill"


@pytest.mark.parametrize(
    ("body", "suffix", "reason"),
    [
        (b"", ".csv", "no_header"),
        (b"\n\n", ".csv", "no_header"),
        (b"ID,ID\n1,2\n", ".csv", "twice_the_column"),
        (b"ID\n\x81\x8d\n", ".csv", "not_text"),
        (b"ID\n" + b"x" * 200_000, ".csv", "bad_csv"),
        (b"ID,Name\n", ".xlsx", "not_a_workbook"),
        (b"PK\x03\x04nonsense", ".xlsx", "not_a_workbook"),
        (workbook([["ID"], [1]])[:-40], ".xlsx", "not_a_workbook"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, body: bytes, suffix: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(tmp_path, body, suffix)
    assert refused.value.reason == reason


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("letter.txt", "dear")
    with pytest.raises(Unreadable, match="not_a_workbook"):
        read(tmp_path, packed.getvalue(), ".xlsx")
