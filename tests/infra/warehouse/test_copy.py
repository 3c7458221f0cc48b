"""COPY of JSON by column name: the statement that Snowpipe runs in production, on objects in a store."""

import datetime as dt
import gzip
import json
from typing import Any

import pytest
import snowflake.connector

from tests.infra.warehouse.conftest import Client
from tests.infra.warehouse.object_store import ObjectStore

COPY = (
    "copy into RAW_DATA.EVENTS from @RAW_DATA.LAKE/events/ file_format = (type = json) "
    "match_by_column_name = case_insensitive "
    "include_metadata = (object_key = metadata$filename, landed_at = metadata$start_scan_time)"
)


@pytest.fixture(autouse=True)
def an_empty_table(client: Client, object_store: ObjectStore) -> None:
    object_store.objects.clear()
    object_store.reads.clear()
    client.run(
        "create or replace table EVENTS (event_id varchar, received_at timestamp_ntz, envelope_version number, "
        "batch_complete boolean, payload variant, object_key varchar, landed_at timestamp_ntz)",
        "create stage if not exists LAKE url = 's3://sophia-lake/'",
    )


def line(event_id: str, **more: Any) -> dict[str, Any]:
    return {"event_id": event_id, "received_at": "2026-11-21T10:00:01.25Z", "payload": {"a": 1}} | more


def put(store: ObjectStore, name: str, *lines: Any) -> None:
    text = "".join((one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)) + "\n" for one in lines)
    store.objects[f"events/{name}"] = gzip.compress(text.encode())


def loaded(client: Client) -> list[str]:
    return [row[0] for row in client.rows("select event_id from EVENTS order by event_id")]


def test_types_every_column_and_fills_metadata(client: Client, object_store: ObjectStore) -> None:
    put(object_store, "slack/one.ndjson.gz", line("e1", envelope_version=1, batch_complete=True, is_unknown=1))
    before = dt.datetime.now(dt.UTC).replace(tzinfo=None)

    result = client.rows(COPY)

    assert result[0][:4] == ("events/slack/one.ndjson.gz", "LOADED", 1, 1)
    [row] = client.rows("select * from EVENTS")
    assert row[:4] == ("e1", dt.datetime(2026, 11, 21, 10, 0, 1, 250000), 1, True)
    assert json.loads(row[4]) == {"a": 1}
    assert row[5] == "events/slack/one.ndjson.gz"
    assert abs(row[6] - before) < dt.timedelta(seconds=30)


def test_leaves_a_missing_key_and_an_explicit_null_null(client: Client, object_store: ObjectStore) -> None:
    put(object_store, "n.ndjson.gz", line("e1"), line("e2", envelope_version=None, batch_complete=None))

    client.rows(COPY)

    assert client.rows("select envelope_version, batch_complete from EVENTS") == [(None, None), (None, None)]


@pytest.mark.parametrize(
    "payload",
    [
        '{"a":{"b":[1,2,{"c":null}]},"e":{},"f":[]}',
        '{"text":"hellø \\u0000 \\"quoted\\" \\\\ \\ud83d\\ude00 日本"}',
        '{"as_number":9007199254740993,"as_text":"12345678901234567890123"}',
        '{"f":0.1,"g":1.5,"h":-0.000001,"i":1234567.25}',
        '"just text"',
        "[1,null,true]",
    ],
)
def test_keeps_the_payload(client: Client, object_store: ObjectStore, payload: str) -> None:
    put(object_store, "p.ndjson.gz", '{"event_id":"e1","payload":' + payload + "}")

    client.rows(COPY)

    [(text,)] = client.rows("select payload from EVENTS")
    assert json.loads(text) == json.loads(payload)


def test_matches_names_whatever_their_case(client: Client, object_store: ObjectStore) -> None:
    put(object_store, "c.ndjson.gz", {"EVENT_ID": "e1"}, {"Event_Id": "e2"}, {"event_id": "e3"})

    client.rows(COPY)

    assert loaded(client) == ["e1", "e2", "e3"]


def test_loads_a_file_once_and_again_when_it_changed(client: Client, object_store: ObjectStore) -> None:
    put(object_store, "a.ndjson.gz", line("e1"))
    client.rows(COPY)

    assert client.rows(COPY)[0][1] == "LOAD_SKIPPED"
    put(object_store, "a.ndjson.gz", line("e2"))
    client.rows(COPY)

    assert loaded(client) == ["e1", "e2"]


def test_forgets_what_it_loaded_only_with_the_table(client: Client, object_store: ObjectStore) -> None:
    put(object_store, "a.ndjson.gz", line("e1"))
    client.rows(COPY)

    client.rows("create table if not exists EVENTS (event_id varchar)")
    client.rows(COPY)
    assert loaded(client) == ["e1"]

    client.rows("truncate table EVENTS")
    client.rows(COPY)
    assert loaded(client) == ["e1"]


def test_reads_only_the_files_it_is_told(client: Client, object_store: ObjectStore) -> None:
    for name in ("a", "b", "c"):
        put(object_store, f"slack/{name}.ndjson.gz", line(name))

    client.rows(f"{COPY} files = ('slack/a.ndjson.gz', 'slack/c.ndjson.gz')")

    assert loaded(client) == ["a", "c"]
    assert sorted(object_store.reads) == ["events/slack/a.ndjson.gz", "events/slack/c.ndjson.gz"]


def test_reads_only_the_files_of_a_pattern(client: Client, object_store: ObjectStore) -> None:
    put(object_store, "slack/a.ndjson.gz", line("a"))
    put(object_store, "gong/b.ndjson.gz", line("b"))

    client.rows(f"{COPY} pattern = '.*/gong/.*'")

    assert loaded(client) == ["b"]


@pytest.mark.parametrize(
    ("broken", "message", "place"),
    [
        (gzip.compress(b'{"event_id":"e1"}\n{"event_id":\n', mtime=0), "Error parsing JSON", 2),
        (gzip.compress(b'{"event_id":"e1"}\n[1]\n', mtime=0), "Error parsing JSON", 2),
        (gzip.compress(b'{"received_at":"yesterday"}', mtime=0), "TIMESTAMP value 'yesterday' is not recognized", 1),
        (gzip.compress(b'{"event_id":"\xff"}', mtime=0), "Invalid UTF8", None),
        (gzip.compress(b'{"event_id":"e1"}\n', mtime=0)[:-9], "Invalid gzip", None),
    ],
    ids=["truncated", "no-object", "bad-instant", "no-utf8", "cut-off"],
)
def test_skips_a_broken_file_and_loads_the_others(
    client: Client, object_store: ObjectStore, broken: bytes, message: str, place: int | None
) -> None:
    put(object_store, "good.ndjson.gz", line("good"))
    object_store.objects["events/broken.ndjson.gz"] = broken

    rows = {row[0]: row for row in client.rows(f"{COPY} on_error = skip_file")}

    assert rows["events/good.ndjson.gz"][1] == "LOADED"
    assert rows["events/broken.ndjson.gz"][1] == "LOAD_FAILED"
    assert message in rows["events/broken.ndjson.gz"][6]
    assert rows["events/broken.ndjson.gz"][7] == place
    assert loaded(client) == ["good"]
    history = "select status from table(information_schema.copy_history(table_name => 'RAW_DATA.EVENTS', "
    history += "start_time => dateadd(hour, -1, current_timestamp()))) order by 1"
    assert client.rows(history) == [("LOADED",), ("LOAD_FAILED",)]


def test_loads_the_good_lines_of_a_broken_file_when_told_to_continue(client: Client, object_store: ObjectStore) -> None:
    put(object_store, "mixed.ndjson.gz", line("e1"), "{", line("e2"))

    [row] = client.rows(f"{COPY} on_error = continue")

    assert row[1:6] == ("PARTIALLY_LOADED", 3, 2, 1, 1)
    assert loaded(client) == ["e1", "e2"]


def test_loads_nothing_at_all_when_one_file_is_broken_and_nothing_was_said(
    client: Client, object_store: ObjectStore
) -> None:
    put(object_store, "a.ndjson.gz", line("e1"))
    put(object_store, "b.ndjson.gz", "{")

    with pytest.raises(snowflake.connector.errors.ProgrammingError, match="Error parsing JSON"):
        client.rows(COPY)

    assert loaded(client) == []


def test_says_which_file_is_not_there(client: Client, object_store: ObjectStore) -> None:
    put(object_store, "a.ndjson.gz", line("e1"))

    rows = client.rows(f"{COPY} files = ('a.ndjson.gz', 'gone.ndjson.gz') on_error = skip_file")

    assert {row[0]: row[1] for row in rows} == {
        "events/a.ndjson.gz": "LOADED",
        "events/gone.ndjson.gz": "LOAD_FAILED",
    }


def test_takes_plain_files_empty_files_and_blank_lines(client: Client, object_store: ObjectStore) -> None:
    object_store.objects["events/plain.ndjson"] = b'\xef\xbb\xbf{"event_id":"e1"}\r\n\n  \n{"event_id":"e2"}'
    object_store.objects["events/empty.ndjson"] = b""

    rows = {row[0]: row[1:4] for row in client.rows(COPY)}

    assert rows == {"events/plain.ndjson": ("LOADED", 2, 2), "events/empty.ndjson": ("LOADED", 0, 0)}


def test_loads_hundreds_of_small_files_in_one_go(client: Client, object_store: ObjectStore) -> None:
    names = [f"{number:03d}.ndjson.gz" for number in range(300)]
    for name in names:
        put(object_store, name, line(name))

    listed = ", ".join(f"'{name}'" for name in names)
    client.rows(f"{COPY} files = ({listed})")

    assert loaded(client) == names
