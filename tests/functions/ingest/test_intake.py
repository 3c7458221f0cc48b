"""A dropped file becomes envelopes once, whatever happens meanwhile; what cannot be read says why."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import pytest

from chalicelib.errors import LakeUnavailable, Unreadable
from chalicelib.ingest.drop import Drop, DroppedFile, Row, Table
from chalicelib.ingest.dropped import ACCEPTS_FEWER_ROWS, DroppedObjects
from chalicelib.ingest.intake import Intake, Taken, keys_of
from chalicelib.ingest.lake import Lake
from chalicelib.ingest.land import land
from chalicelib.ingest.manifest import Manifest
from chalicelib.ingest.source import Event, Source
from chalicelib.ingest.state_table import StateTable
from events.envelope import Envelope

NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
BUCKET = "sophia-lake"


def table_of(file: DroppedFile, header: Sequence[str]) -> Table:
    if "id" not in header:
        raise Unreadable("missing_columns", "the export lacks ['id']")

    def event(row: Row) -> Event:
        if not row.values["id"]:
            raise Unreadable("missing_entity", "column 'id' is empty")
        return Event("house", row.values["id"], "snapshot", json.dumps(dict(row.values)).encode())

    return Table("houses", "partial" not in file.name, event)


HOUSES = Source("houses", "Houses", None, None, drop=Drop((".csv",), table_of))


class Laptop:
    """An intake on a bucket and a state table of moto's, and what it did."""

    def __init__(self, table: StateTable, s3: Any) -> None:
        self.s3 = s3
        self.s3.create_bucket(Bucket=BUCKET)
        self.lake = Lake(self.s3, BUCKET)
        self.manifest = Manifest(table)
        self.landed: list[Envelope] = []
        self.ordered: list[str] = []
        self.left_s: Iterator[float] = iter(())
        self.fails_after = 10**9

    def drop(self, name: str, body: bytes, **metadata: str) -> str:
        key = f"drops/houses/{name}"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata=metadata)
        return key

    def take(self, key: str) -> Taken:
        return Intake(
            objects=DroppedObjects(self.s3, BUCKET),
            manifest=self.manifest,
            find={"houses": HOUSES}.get,
            land=self.land,
            enqueue=self.ordered.append,
            now=lambda: NOW,
            remaining_s=lambda: next(self.left_s, 600.0),
            rows_at_once=10,
        ).take(key)

    def land(self, envelopes: list[Envelope]) -> None:
        if len(self.landed) >= self.fails_after:
            raise LakeUnavailable("the lake is away")
        land(envelopes, self.lake)
        self.landed += envelopes

    def objects(self) -> list[str]:
        return list(self.lake.keys("events/"))


@pytest.fixture
def laptop(table: StateTable, aws: Callable[[str], Any]) -> Laptop:
    return Laptop(table, aws("s3"))


def houses(count: int, first: int = 0) -> bytes:
    return ("id,rent\n" + "".join(f"{number},{number * 10}\n" for number in range(first, first + count))).encode()


def test_every_row_becomes_an_envelope_and_the_last_completes_the_batch(laptop: Laptop) -> None:
    taken = laptop.take(laptop.drop("october.csv", houses(25)))
    assert (taken.ended, taken.rows, taken.quarantined) == ("complete", 25, 0)
    assert [one.entity_id for one in laptop.landed] == [str(number) for number in range(25)]
    assert {(one.lane, one.operation, one.stream) for one in laptop.landed} == {("file", "snapshot", "house")}
    assert [one.batch_complete for one in laptop.landed[-2:]] == [None, True]
    assert len({one.batch_id for one in laptop.landed}) == 1


def test_the_same_file_under_another_name_is_the_same_file(laptop: Laptop) -> None:
    laptop.take(laptop.drop("october.csv", houses(5)))
    taken = laptop.take(laptop.drop("copy of october.csv", houses(5)))
    assert (taken.ended, taken.reason) == ("same", "it is october.csv")
    assert len(laptop.landed) == 5


def test_a_run_that_was_killed_goes_on_at_the_row_it_saved(laptop: Laptop) -> None:
    key = laptop.drop("october.csv", houses(35))
    laptop.fails_after = 20
    with pytest.raises(LakeUnavailable):
        laptop.take(key)
    laptop.fails_after = 10**9
    assert laptop.take(key).ended == "complete"
    assert [one.entity_id for one in laptop.landed] == [str(number) for number in range(35)]


def test_reading_a_file_once_more_writes_the_same_objects(laptop: Laptop) -> None:
    key = laptop.drop("october.csv", houses(25))
    laptop.take(key)
    before = {name: laptop.lake.get(name) for name in laptop.objects()}
    (sha256,) = laptop.manifest.listed("houses", "default")
    file = DroppedFile("houses", "default", "october.csv", sha256, 0, NOW)
    laptop.manifest.save(file, replace(laptop.manifest.of(file), status="reading", rows_done=10))
    laptop.take(key)
    assert {name: laptop.lake.get(name) for name in laptop.objects()} == before


def test_a_run_whose_time_is_up_orders_the_next_one(laptop: Laptop) -> None:
    key = laptop.drop("october.csv", houses(25))
    laptop.left_s = iter([600.0, 5.0])
    taken = laptop.take(key)
    assert (taken.ended, taken.rows, laptop.ordered) == ("continues", 20, [key])
    assert laptop.take(keys_of(json.dumps({"key": key}))[0]).ended == "complete"
    assert len({one.event_id for one in laptop.landed}) == len(laptop.landed) == 25


def test_a_row_that_cannot_be_read_is_kept_with_its_number_and_its_neighbours_land(laptop: Laptop) -> None:
    taken = laptop.take(laptop.drop("october.csv", b"id,rent\n1,10\n,20\n3,30\n"))
    assert (taken.ended, taken.rows, taken.quarantined) == ("complete", 3, 1)
    (broken,) = [one for one in laptop.landed if one.stream == "quarantine"]
    assert json.loads(bytes(broken.payload))["detail"] == "row 3: missing_entity: column 'id' is empty"
    assert not any(one.batch_complete for one in laptop.landed)


def test_a_file_with_broken_rows_is_read_again_when_it_is_dropped_again(laptop: Laptop) -> None:
    key = laptop.drop("october.csv", b"id,rent\n1,10\n,20\n3,30\n")
    taken = [laptop.take(key) for _ in range(2)]
    assert [(one.ended, one.rows, one.quarantined) for one in taken] == [("complete", 3, 1)] * 2
    assert len(laptop.landed) == 6 and len({one.event_id for one in laptop.landed}) == 3


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("october.csv", b"", "no_header"),
        ("october.csv", b"id,rent\n", "no_rows"),
        ("october.csv", b"name\nOak\n", "missing_columns"),
        ("october.pdf", b"%PDF", "unknown_kind"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole_with_its_reason(
    laptop: Laptop, name: str, body: bytes, reason: str
) -> None:
    taken = laptop.take(laptop.drop(name, body))
    assert taken.ended == "refused"
    (told,) = laptop.landed
    payload = json.loads(bytes(told.payload))
    assert (payload["reason"], payload["headers"]) == (reason, {"file": name})
    assert [entry.status for entry in laptop.manifest.listed("houses", "default").values()] == ["refused"]


def test_a_whole_edition_with_far_fewer_rows_is_held_until_somebody_says_it_is_right(laptop: Laptop) -> None:
    laptop.take(laptop.drop("october.csv", houses(25)))
    key = laptop.drop("november.csv", houses(12))
    taken = laptop.take(key)
    assert taken.ended == "held" and "12 rows after 25" in taken.reason
    assert laptop.landed[-1].stream == "quarantine"

    laptop.drop("november.csv", houses(12), **{ACCEPTS_FEWER_ROWS: "true"})
    assert laptop.take(key).ended == "complete"
    assert laptop.take(laptop.drop("partial.csv", houses(2))).ended == "complete"


def test_what_no_source_takes_and_what_is_gone_are_no_failures(laptop: Laptop) -> None:
    assert laptop.take("drops/nobody/a.csv").ended == "refused"
    assert laptop.take("drops/houses/").ended == "refused"
    assert laptop.take("drops/houses/gone.csv").ended == "gone"
    assert laptop.landed == []


def test_a_notification_names_keys_as_s3_spells_them() -> None:
    key = "drops/costar/copy of properties+1.csv"
    record: dict[str, Any] = {"s3": {"bucket": {"name": BUCKET}, "object": {"key": quote_plus(key, safe="/")}}}
    assert keys_of(json.dumps({"Records": [record]})) == [key]
    assert keys_of('{"Service":"Amazon S3","Event":"s3:TestEvent"}') == []
