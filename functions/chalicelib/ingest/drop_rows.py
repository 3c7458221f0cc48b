"""The rows of a CSV file or of a workbook's first sheet, one after the other, in memory that does not grow with them.

Cells are text as a person would read it; a workbook's dates come as 2026-10-31, its whole numbers without a point.
"""

import codecs
import csv
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from ..errors import Unreadable
from .drop import Row

SUFFIXES = (".csv", ".xlsx")
_FLAT = ".flat"
_DELIMITERS = ",;\t|"
_CHUNK_BYTES = 1 << 20
_MOST_UNPACKED_BYTES = 2_000_000_000
"""Of a workbook, which is a zip: a bomb must not fill the disk or the memory."""


def flattened(path: Path, suffix: str) -> tuple[Path, str]:
    """A file that is quick to read, beside the one given, and its suffix: a workbook takes ten times as long as a CSV
    file, and is read twice. Raises Unreadable: not_a_workbook, too_large."""
    if suffix != ".xlsx":
        return path, suffix
    flat = path.with_suffix(_FLAT)
    with _workbook(path) as lines, flat.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows(cells if any(cells) else [] for _, cells in lines)
    return flat, _FLAT


@contextmanager
def opened(path: Path, suffix: str) -> Iterator[tuple[Sequence[str], Iterator[Row]]]:
    """The header and the rows, those without any text left out.

    Raises Unreadable, also while the rows are read: not_text, not_a_workbook, no_header, twice_the_column, bad_csv.
    """
    path, suffix = flattened(path, suffix)
    source = _csv(path, "utf-8", ",") if suffix == _FLAT else _csv(path)
    with source as lines:
        header = next((one for _, one in lines if any(one)), None)
        if header is None:
            raise Unreadable("no_header", "the file is empty")
        while header and not header[-1]:
            header.pop()
        if twice := {name for name in header if name and header.count(name) > 1}:
            raise Unreadable("twice_the_column", f"columns {sorted(twice)!r}")
        yield header, _rows(header, lines)


def _rows(header: Sequence[str], lines: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    for number, cells in lines:
        if any(cells):
            values = {name: cell for name, cell in zip(header, cells, strict=False) if name}
            # What stands beyond the header belongs to no column: the row was broken, its reader has to know.
            if surplus := [cell for cell in cells[len(header) :] if cell]:
                values[""] = surplus[0]
            yield Row(number, values)


@contextmanager
def _csv(path: Path, encoding: str = "", delimiter: str = "") -> Iterator[Iterator[tuple[int, list[str]]]]:
    with path.open(encoding=encoding or _encoding(path), newline="") as text:
        if not delimiter:
            first = text.readline()
            delimiter = max(_DELIMITERS, key=first.count)
            text.seek(0)
        yield _numbered(csv.reader(text, delimiter=delimiter))


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise Unreadable("bad_csv", str(error)) from None


def _encoding(path: Path) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, else what Excel saves on Windows."""
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
    for encoding in ("utf-8-sig", "cp1252"):
        if _decodes(path, encoding):
            return encoding
    raise Unreadable("not_text", "neither UTF-8 nor Windows-1252: save it as CSV UTF-8")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def _workbook(path: Path) -> Iterator[Iterator[tuple[int, list[str]]]]:
    from openpyxl import load_workbook  # noqa: PLC0415  only a workbook pays for it
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    with path.open("rb") as file:  # openpyxl would judge a path by its suffix
        try:
            with zipfile.ZipFile(file) as archive:
                unpacked = sum(member.file_size for member in archive.infolist())
            if unpacked > _MOST_UNPACKED_BYTES:
                raise Unreadable("too_large", f"{unpacked} bytes unpacked: split the export")
            book = load_workbook(file, read_only=True, data_only=True)
            sheet = book.worksheets[0]
        except (zipfile.BadZipFile, InvalidFileException, LookupError, TypeError, ValueError, OSError) as error:
            raise Unreadable("not_a_workbook", type(error).__name__) from None
        sheet.reset_dimensions()  # exporters write wrong ones, and rows beyond them would be left out
        yield _cells(sheet)


def _cells(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    try:
        for number, cells in enumerate(sheet.values, start=1):
            yield number, [_text(cell) for cell in cells]
    except (zipfile.BadZipFile, zlib.error, SyntaxError, LookupError, TypeError, ValueError) as error:
        # SyntaxError is what a parser of XML raises.
        raise Unreadable("not_a_workbook", type(error).__name__) from None


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
