"""The stand-in for Snowpipe: every notified object is loaded once, whatever dies when."""

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import snowflake.connector

from events import keys
from gpu_jobs import data
from gpu_jobs.models import LOCAL, model
from infra import warehouse as asked
from infra.local.snowpipe.load import load_next
from infra.local.snowpipe.pipe import Pipe, find_pipes, notified
from infra.snowflake.migrate import local, migrate
from tests.infra.warehouse.message_queue import FakeQueue, running_queue
from tests.infra.warehouse.object_store import ObjectStore


class Loader:
    """The stand-in and all it is connected to."""

    def __init__(self, port: int, store: ObjectStore) -> None:
        self.port, self.store, self.queue = port, store, FakeQueue()
        self.logged: list[dict[str, Any]] = []
        self.pipes = find_pipes(self.query)
        [self.pipe] = [pipe for pipe in self.pipes if pipe.name == "EVENTS_PIPE"]

    def query(self, text: str) -> list[dict[str, Any]]:
        return asked.query(self.port, text)

    def land(self, name: str, *event_ids: str) -> None:
        """Put an object of events into the lake, without telling anyone."""
        lines = [json.dumps(event(event_id)) for event_id in event_ids]
        self.store.objects[f"events/{name}"] = gzip.compress("\n".join(lines).encode())

    def notify(self, *names: str) -> None:
        self.queue.send(notification(*(f"events/{name}" for name in names)))

    def turn(self, query: Any = None) -> int:
        def log(event: str, **fields: Any) -> None:
            self.logged.append({"event": event, **fields})

        return load_next(self.queue, "queue", self.pipes, query or self.query, log, wait_s=0)

    def loaded(self) -> list[str]:
        return [row["EVENT_ID"] for row in self.query("select event_id from RAW_DATA.EVENTS order by event_id")]


def event(event_id: str) -> dict[str, Any]:
    return {"event_id": event_id, "source": "slack", "stream": "message", "payload": {"text": "hi"}}


def notification(*keys: str, bucket: str = "sophia-lake") -> str:
    records = [
        {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": {"key": key}}} for key in keys
    ]
    return json.dumps({"Records": records})


@pytest.fixture(scope="module")
def migrated(warehouse: int) -> int:
    migrate(local(warehouse), {"lake_bucket": "sophia-lake", "lake_role_arn": "arn:aws:iam::1:role/lake"})
    return warehouse


@pytest.fixture
def loader(migrated: int, object_store: ObjectStore) -> Loader:
    asked.query(migrated, "truncate table RAW_DATA.EVENTS")
    object_store.objects.clear()
    return Loader(migrated, object_store)


def start(endpoint: str, port: int) -> "subprocess.Popen[str]":
    options = ["--queue-url", f"{endpoint}/0/queue", "--endpoint", endpoint, "--warehouse-port", str(port)]
    return subprocess.Popen([sys.executable, "-m", "infra.local.snowpipe", *options], stdout=subprocess.PIPE, text=True)


def wait_until(is_so: Callable[[], bool], within_s: float = 60) -> None:
    end = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.2)


def test_the_pipe_tells_what_to_run(loader: Loader) -> None:
    assert (loader.pipe.bucket, loader.pipe.prefix) == ("sophia-lake", "events/")
    assert loader.pipe.definition.startswith("copy into SOPHIA.RAW_DATA.EVENTS")


def test_says_which_stage_is_not_there_and_that_there_is_no_pipe(loader: Loader) -> None:
    loader.query("create or replace pipe RAW_DATA.LOST as copy into RAW_DATA.EVENTS from @NO_STAGE")
    with pytest.raises(ValueError, match="'NO_STAGE'"):
        find_pipes(loader.query)
    loader.query("drop pipe RAW_DATA.LOST")
    with pytest.raises(ValueError, match="no pipe"):
        find_pipes(lambda text: [])


def test_an_object_is_loaded_by_the_pipe_that_reads_its_place(loader: Loader) -> None:
    chosen = model(LOCAL)
    told = {"chunk_id": "c1", "document_id": "d", "content_hash": "h", "job_id": "j", "model_version": chosen.version}
    unit = [1.0] + [0.0] * (chosen.dimension - 1)
    row = told | {"embedding": unit, "embedded_at": datetime(2026, 11, 20)}
    key = keys.gpu_result("embeddings", chosen.slug, "s1")
    loader.store.objects[key] = data.encode(data.embeddings(chosen.dimension), [row])
    loader.land("slack/message/a.ndjson.gz", "e1")
    loader.notify("slack/message/a.ndjson.gz")
    spoiled = keys.gpu_result("chunks", chosen.slug, "s2")
    loader.store.objects[spoiled] = b"no Parquet"
    loader.queue.send(notification(key, spoiled, "gpu/done/x.json"))

    assert loader.turn() == 3
    assert [one["file"] for one in loader.logged if one["event"] == "file_refused"] == [f"{chosen.slug}/s2.parquet"]

    table = f"AI_MEMORY.EMBEDDINGS__{chosen.slug}"
    angle = f"vector_cosine_similarity(embedding, {unit}::vector(float, {chosen.dimension}))"
    [loaded] = loader.query(f"select chunk_id, {angle} as cosine, embedded_at from {table}")  # noqa: S608
    assert (loaded["CHUNK_ID"], loaded["COSINE"], loaded["EMBEDDED_AT"]) == ("c1", 1.0, datetime(2026, 11, 20))
    assert loader.loaded() == ["e1"]


def test_what_was_understood_and_what_was_refused_is_loaded(loader: Loader) -> None:
    of = {"document_id": "d", "content_hash": "h", "model_version": "sales-rules@1", "job_id": "j"}
    when = datetime(2026, 11, 20)
    told = {"claims": [{"kind": "summary", "quote": 'It\'s \\ "odd" 🎉', "start": 0}], "sentiment": -0.5}
    understood = of | {
        "method": "rules+prototypes",
        "prompt_version": "p",
        "enrichment": json.dumps(told),
        "dropped_claims": 2,
        "enriched_at": when,
    }
    refused = of | {"kind": "enrich", "reason": "nothing_to_read", "refused_at": when}
    for table, schema, row in (
        ("enrichments", data.ENRICHMENTS, understood),
        ("refusals", data.REFUSALS, refused),
    ):
        key = keys.gpu_result(table, "sales_rules_1", "s1")
        loader.store.objects[key] = data.encode(schema, [row])
        loader.queue.send(notification(key))

    assert loader.turn() == 2

    [loaded] = loader.query(
        "select enrichment:claims[0]:quote::varchar as quote, enrichment:sentiment::float as sentiment, dropped_claims,"
        " enriched_at from AI_MEMORY.ENRICHMENTS"
    )
    assert list(loaded.values()) == [told["claims"][0]["quote"], -0.5, 2, when]
    [loaded] = loader.query("select kind, reason, refused_at from AI_MEMORY.REFUSALS")
    assert list(loaded.values()) == ["enrich", "nothing_to_read", when]


def test_loads_what_is_notified_and_nothing_else(loader: Loader) -> None:
    loader.land("slack/message/a.ndjson.gz", "e1", "e2")
    loader.land("slack/message/b.ndjson.gz", "e3")
    loader.notify("slack/message/a.ndjson.gz")

    assert loader.turn() == 1

    assert loader.loaded() == ["e1", "e2"]
    assert loader.queue.is_empty


def test_gathers_many_notifications_into_one_load(loader: Loader) -> None:
    for number in range(35):
        loader.land(f"{number}.gz", f"e{number:02d}")
        loader.notify(f"{number}.gz")

    assert loader.turn() == 35

    assert len(loader.loaded()) == 35
    assert loader.queue.is_empty


def test_a_notification_that_comes_twice_loads_once(loader: Loader) -> None:
    loader.land("a.gz", "e1")
    loader.notify("a.gz", "a.gz")
    loader.turn()
    loader.notify("a.gz")
    loader.turn()

    assert loader.loaded() == ["e1"]
    assert loader.queue.is_empty


def test_killed_after_the_load_and_before_the_delete_it_loads_nothing_twice(loader: Loader) -> None:
    loader.land("a.gz", "e1")
    loader.notify("a.gz")

    def query_then_die(text: str) -> list[dict[str, Any]]:
        loader.query(text)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loader.turn(query_then_die)
    loader.queue.visibility_timeout_passes()
    loader.turn()

    assert loader.loaded() == ["e1"]
    assert loader.queue.is_empty


def test_keeps_the_notification_while_the_warehouse_is_away(loader: Loader) -> None:
    loader.land("a.gz", "e1")
    loader.notify("a.gz")

    def away(text: str) -> list[dict[str, Any]]:
        raise snowflake.connector.errors.OperationalError(msg="could not connect", errno=250001)

    with pytest.raises(snowflake.connector.errors.OperationalError):
        loader.turn(away)
    loader.turn()

    assert loader.loaded() == ["e1"]


def test_records_a_file_it_cannot_load_and_goes_on(loader: Loader) -> None:
    loader.land("a.gz", "e1")
    loader.store.objects["events/broken.gz"] = b"\x1f\x8bnot gzip"
    loader.notify("broken.gz", "a.gz", "never_there.gz")

    loader.turn()

    assert loader.loaded() == ["e1"]
    assert loader.queue.is_empty
    refused = {entry["file"] for entry in loader.logged if entry["event"] == "file_refused"}
    assert refused == {"events/broken.gz", "events/never_there.gz"}
    history = "select file_name from table(information_schema.copy_history(table_name => 'RAW_DATA.EVENTS', "
    history += "start_time => dateadd(hour, -1, current_timestamp()))) where status = 'LOAD_FAILED' order by 1"
    assert [row["FILE_NAME"] for row in loader.query(history)] == ["events/broken.gz", "events/never_there.gz"]


def test_passes_over_what_does_not_concern_the_pipe(loader: Loader) -> None:
    loader.queue.send(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "sophia-lake"}))
    loader.queue.send(notification("claims/slack/a.gz"))
    loader.queue.send(notification("events/a.gz", bucket="another"))
    loader.queue.send("<html>")

    assert loader.turn() == 0

    assert loader.queue.is_empty
    assert [entry["event"] for entry in loader.logged] == ["notification_unreadable"]


def test_reads_keys_as_s3_writes_them() -> None:
    body = notification("events/a+b%3D1/%C3%A9.gz")

    assert notified(body) == [("sophia-lake", "events/a b=1/é.gz")]


@pytest.mark.parametrize("body", ["", "[]", '"text"', '{"Records":[{"eventName":"ObjectCreated:Put"}]}', "null"])
def test_refuses_what_is_no_notification(body: str) -> None:
    with pytest.raises(ValueError):
        notified(body)


def test_names_files_relative_to_the_stage_and_quotes_them() -> None:
    pipe = Pipe("P", "copy into T from @S/events/", bucket="lake", prefix="events/")

    assert pipe.copy(["events/it's.gz"]).endswith("files = ('it''s.gz')\non_error = skip_file")


def test_killed_in_the_middle_and_started_again_it_has_loaded_everything_once(loader: Loader) -> None:
    names = [f"{number:03d}.gz" for number in range(60)]
    for name in names:
        loader.land(name, name)
        loader.notify(name)

    with running_queue(loader.queue) as endpoint:
        process = start(endpoint, loader.port)
        wait_until(lambda: bool(loader.queue.hidden))  # it has taken some and told nobody yet
        process.kill()
        process.communicate()
        loader.queue.visibility_timeout_passes()
        again = start(endpoint, loader.port)
        wait_until(lambda: loader.queue.is_empty)
        again.terminate()
        again.communicate(timeout=10)

    assert again.returncode == 0, "told to stop, it stops"
    assert loader.loaded() == names
