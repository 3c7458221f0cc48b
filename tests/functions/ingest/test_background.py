"""What the tick orders for later, and that every job ordered is known: on clients as moto plays them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.ingest import background
from chalicelib.ingest.connections import Connections
from chalicelib.ingest.cursors import Cursors
from chalicelib.ingest.source import Connection
from chalicelib.ingest.state_table import StateTable
from chalicelib.settings import settings


@pytest.fixture
def queue(table: StateTable, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Reads what was ordered."""
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="sophia-background")["QueueUrl"]
    told = {"PUBLIC_BASE_URL": "https://hooks.payready.example", "LAKE_BUCKET": "sophia-lake"}
    told |= {"STATE_TABLE": "sophia-state", "BACKGROUND_QUEUE_URL": url}
    for name, value in (told | {"INGEST_QUEUE_URL": url, "PULLS_QUEUE_URL": url}).items():
        monkeypatch.setenv(name, value)
    kept = (settings, background._reconciler, background._keeper, background._backfiller)
    for one in kept:
        one.cache_clear()
    yield lambda: [
        json.loads(message["Body"])
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    ]
    for one in kept:
        one.cache_clear()


def _connect(connections: Connections, **options: Any) -> None:
    connections.connect(Connection("linear", "default", "https://linear.example/", {"api_key": "k"}, options))


def test_an_account_that_asked_for_it_is_looked_after(clock, connections, queue):
    _connect(connections, subscribe=True)
    background.order_background(clock.at)
    assert queue() == [{"job": "subscriptions", "source": "linear", "connection_id": "default"}]


def test_an_account_that_did_not_is_left_alone(clock, connections, queue):
    _connect(connections)
    background.order_background(clock.at)
    assert queue() == []


def test_one_that_was_subscribed_by_the_command_is_looked_after_from_then_on(clock, table, connections, queue):
    _connect(connections)
    lease = Cursors(table, clock.now, "subscription").acquire("linear", "default", "-", owner="me")
    assert lease
    lease.save({"subscriptions": []})
    lease.finish(next_at=clock.at)
    background.order_background(clock.at)
    assert [one["job"] for one in queue()] == ["subscriptions"]


def test_an_account_checked_before_is_checked_again_without_a_look_at_its_pulls(clock, table, connections, queue):
    _connect(connections)
    lease = Cursors(table, clock.now, "check").acquire("linear", "default", "-", owner="me")
    assert lease
    lease.finish(next_at=clock.at)
    asked = list[str]()
    events = background._reconciler().table._client.meta.events
    events.register(
        "provide-client-params.dynamodb.Query",
        lambda params, **_: asked.append(params["ExpressionAttributeValues"][":pk"]["S"]),
    )
    assert background.order_background(clock.at) == 1
    assert queue() == [{"job": "check", "source": "linear", "connection_id": "default"}]
    assert "check#linear/default" in asked and "cursor#linear/default" not in asked


def test_every_job_is_carried_out_and_one_nobody_knows_is_refused(connections, queue):
    order = {"source": "nobody", "connection_id": "default", "stream": "thing"}
    for job in ("check", "backfill", "subscriptions"):
        background.run_background(json.dumps({**order, "job": job}), lambda: 60_000)
    with pytest.raises(KeyError):
        background.run_background(json.dumps({**order, "job": "tea"}), lambda: 60_000)
