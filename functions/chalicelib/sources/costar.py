"""CoStar: exports that a licensed user drops as files; it has no API and sends nothing.

Facts: costar.com, "Licensing rights FAQs": building- and tenant-specific data may not be redistributed, so what comes
from here stays inside, in no alert and on no outbound page. A file's name tells what it holds:
<dataset>__<saved search>__<as of>[__partial].csv or .xlsx, such as properties__austin-multifamily__2026-10-31.csv.
Without `partial` it is everything the search finds: what its next edition leaves out is listed no more.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import msgspec

from ..errors import Unreadable
from ..ingest.drop import Drop, DroppedFile, Row, Table
from ..ingest.source import Event, Source
from ._costar_datasets import DATASETS, Dataset, column

_NAME = re.compile(
    r"(?P<dataset>[a-z_]+?)__(?P<search>[A-Za-z0-9.-]+)__(?P<as_of>\d{4}-\d\d-\d\d)(?P<part>__partial)?\.\w+"
)
_NUMBER = re.compile(r"(?=.*\d)-?[$]?-?(\d{1,3}(,\d{3})+|\d*)(\.\d+)?%?")
_DATE = re.compile(r"\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d\d-\d\d")
_NOTHING = frozenset(("", "-", "--", "n/a", "withheld", "not disclosed"))
"""What stands where CoStar tells no value."""


def _table(file: DroppedFile, header: Sequence[str]) -> Table:
    named = _NAME.fullmatch(file.name)
    if named is None or (dataset := DATASETS.get(named["dataset"])) is None:
        wanted = f"<{'|'.join(DATASETS)}>__<saved search>__<yyyy-mm-dd>[__partial].csv or .xlsx"
        raise Unreadable("unknown_name", f"{file.name!r}: name it {wanted}")
    try:
        as_of = date.fromisoformat(named["as_of"])
    except ValueError:
        raise Unreadable("unknown_name", f"{file.name!r}: {named['as_of']!r} is no day") from None
    by_name = {column(name): name for name in header if name}
    if len(by_name) < sum(bool(name) for name in header):
        raise Unreadable("twice_the_column", f"two columns of {sorted(header)!r} differ in signs alone")
    if missing := [name for name in dataset.columns if column(name) not in by_name]:
        raise Unreadable("missing_columns", f"the export lacks {missing!r}: add them to it, or correct their names")
    edition = _Edition(dataset, named["dataset"], named["search"], as_of, named["part"] is None, file)
    return Table(f"{named['dataset']}/{named['search']}", edition.is_whole, edition.event)


class _Edition:
    """One export of a saved search."""

    def __init__(
        self, dataset: Dataset, name: str, search: str, as_of: date, is_whole: bool, file: DroppedFile
    ) -> None:
        self.is_whole = is_whole
        self._dataset = dataset
        self._about = {"dataset": name, "search": search, "as_of": as_of.isoformat(), "file": file.path}
        self._as_of = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)

    def event(self, row: Row) -> Event:
        if "" in row.values:
            raise Unreadable("too_many_cells", f"{row.values['']!r} stands beyond the last column")
        values = {column(name): cell for name, cell in row.values.items()}
        self._check(values)
        payload = msgspec.json.encode({**self._about, "row": row.number, "values": values})
        return Event(
            self._dataset.stream,
            "/".join(values[column(name)] for name in self._dataset.keys),
            "snapshot" if self.is_whole else "upsert",
            payload,
            # The day of the export is the only clock there is.
            occurred_at=self._as_of,
            source_updated_at=self._as_of,
        )

    def _check(self, values: Mapping[str, str]) -> None:
        """Raises Unreadable for what staging would take for nothing."""
        for name in self._dataset.keys:
            if values.get(column(name), "").lower() in _NOTHING:
                raise Unreadable("missing_entity", f"column {name!r} is empty")
        for kind, names, shape in (
            ("not_a_number", self._dataset.numbers, _NUMBER),
            ("not_a_date", self._dataset.dates, _DATE),
        ):
            for name in names:
                cell = values.get(column(name), "")
                if cell.lower() not in _NOTHING and not shape.fullmatch(cell):
                    raise Unreadable(kind, f"column {name!r} holds {cell[:40]!r}")


source = Source(
    name="costar",
    title="CoStar (file drops)",
    webhook=None,
    pull=None,
    drop=Drop(
        suffixes=(".csv", ".xlsx"),
        table=_table,
        by_hand=(
            "In CoStar open the saved search and export it with all columns, as CSV or Excel.",
            "Name the file <dataset>__<saved search>__<yyyy-mm-dd>.csv, the day being that of the export; add "
            "__partial before the dot where it is not everything the search finds.",
            "Run `sophia intake costar FILE…`, or put it into the lake's drops/costar/.",
            "Keep it inside: CoStar's licence forbids redistributing building- and tenant-specific data.",
        ),
    ),
)
