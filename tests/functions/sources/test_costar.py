"""CoStar's exports: what a name and a header tell, and which cells cost a row its credit."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from chalicelib.errors import Unreadable
from chalicelib.ingest.drop import DroppedFile, Row, Table
from chalicelib.ingest.drop_rows import opened
from chalicelib.ingest.source import Event
from chalicelib.sources._costar_datasets import DATASETS
from chalicelib.sources.costar import source

SAMPLES = Path(__file__).parents[3] / "events" / "costar" / "samples"
HEADER = DATASETS["properties"].columns
RIGHT = {
    "Property ID": "7100019",
    "Property Name": "The Oaks",
    "Number Of Units": "1,240",
    "Year Built": "1998",
    "Vacancy %": "7.4%",
    "Avg Asking/Unit": "$1,655",
}


def table(name: str, header: Sequence[str] = HEADER) -> Table:
    assert source.drop
    return source.drop.table(
        DroppedFile("costar", "default", f"2026/10/{name}", "0" * 64, 1, datetime.now(UTC)), header
    )


def read(values: dict[str, str], name: str = "properties__austin__2026-10-31.csv") -> Event:
    return table(name).event(Row(17, values))


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("file__*")), ids=lambda path: path.name)
def test_a_sample_is_read_row_by_row(path: Path) -> None:
    with opened(path, path.suffix) as (header, rows):
        told = table(path.name.removeprefix("file__"), header)
        events, refused = [], []
        for row in rows:
            try:
                events.append(told.event(row))
            except Unreadable as error:
                refused.append((row.number, error.reason))
    # The partial one was saved by a German Excel and ends with a copyright line.
    is_partial = "partial" in path.name
    assert {event.operation for event in events} == ({"upsert"} if is_partial else {"snapshot"}) or is_partial
    assert refused == ([(2, "not_a_number"), (3, "missing_entity")] if is_partial else [])


def test_the_day_in_the_name_is_the_clock_and_the_row_says_where_it_stood() -> None:
    event = read(RIGHT)
    assert (event.stream, event.entity_id, event.operation) == ("property", "7100019", "snapshot")
    assert event.source_updated_at == datetime(2026, 10, 31, tzinfo=UTC)
    payload = msgspec.json.decode(event.payload)
    assert (payload["row"], payload["as_of"], payload["search"]) == (17, "2026-10-31", "austin")
    assert payload["values"]["avgaskingunit"] == "$1,655"


def test_a_partial_export_completes_nothing() -> None:
    assert table("properties__austin__2026-10-31.csv").is_whole
    assert not table("properties__austin__2026-10-31__partial.csv").is_whole
    assert read(RIGHT, "properties__austin__2026-10-31__partial.csv").operation == "upsert"


def test_editions_of_one_search_are_one_listing() -> None:
    assert table("properties__austin__2026-09-30.csv").listing == table("properties__austin__2026-10-31.xlsx").listing


def test_columns_are_known_by_letters_and_digits_in_any_order() -> None:
    respelled = [name.upper().replace(" ", "_") for name in reversed(HEADER)]
    assert table("properties__austin__2026-10-31.csv", ["Extra", *respelled]).is_whole


@pytest.mark.parametrize(
    ("name", "header", "reason"),
    [
        ("properties.csv", HEADER, "unknown_name"),
        ("houses__austin__2026-10-31.csv", HEADER, "unknown_name"),
        ("properties__austin__2026-13-31.csv", HEADER, "unknown_name"),
        ("properties__austin__2026-10-31.csv", HEADER[1:], "missing_columns"),
        ("properties__austin__2026-10-31.csv", [*HEADER, "PropertyID"], "twice_the_column"),
    ],
)
def test_a_file_of_unknown_name_or_columns_is_refused(name: str, header: Sequence[str], reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        table(name, header)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("changed", "reason", "column"),
    [
        ({"Property ID": ""}, "missing_entity", "Property ID"),
        ({"Property ID": "-"}, "missing_entity", "Property ID"),
        ({"Number Of Units": "about 60"}, "not_a_number", "Number Of Units"),
        ({"Number Of Units": "1,24"}, "not_a_number", "Number Of Units"),
        ({"Avg Asking/Unit": "$"}, "not_a_number", "Avg Asking/Unit"),
        ({"": "Hill"}, "too_many_cells", "last column"),
    ],
)
def test_a_row_is_refused_with_the_column_that_is_wrong(changed: dict[str, str], reason: str, column: str) -> None:
    with pytest.raises(Unreadable, match=column) as refused:
        read(RIGHT | changed)
    assert refused.value.reason == reason


@pytest.mark.parametrize("cell", ["", "-", "Withheld", "12", "-3.5", "$1,655", "5.1%", ".5"])
def test_a_withheld_value_costs_a_row_nothing(cell: str) -> None:
    assert read(RIGHT | {"Avg Asking/Unit": cell}).entity_id == "7100019"


@pytest.mark.parametrize(
    ("cell", "is_day"), [("9/7/2026", True), ("2026-09-07", True), ("Q3", False), ("7.9.26", False)]
)
def test_a_day_is_one_in_a_spreadsheets_spelling(cell: str, is_day: bool) -> None:
    told = table("sale_comps__austin__2026-10-31.csv", DATASETS["sale_comps"].columns)
    row = Row(2, {"Sale Comp ID": "1", "Sale Date": cell})
    if is_day:
        assert told.event(row).entity_id == "1"
    else:
        with pytest.raises(Unreadable, match="Sale Date"):
            told.event(row)
