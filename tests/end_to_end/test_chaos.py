"""kill -9 at any moment: what was answered 2xx, and what the vendors hold, arrives and is staged once.

Killed are our own processes: the warehouse, Snowpipe's stand-in, the vendors' stand-ins and the workers in which the
cloud emulator runs our functions. Not the emulator: its queues are in memory.
"""

import json
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from infra import dbt, main_job
from infra.company.delivery import Delivery
from infra.company.entities import entities
from infra.company.send import Ledger, deliver
from infra.dead_letters import redriven
from infra.local.stack import Stack
from infra.pull import pull_now, wait_until_loaded
from tests.end_to_end.runs import Survival
from tests.running_stack import Silent, running_stack, stop_the_schedule

pytestmark = pytest.mark.stack

SEED = 11
SOURCES = ("github", "gong", "hubspot", "slack")  # what is killed is the same for all
DELIVERIES = 60
ROUNDS = (
    ("warehouse",),
    ("worker", "snowpipe"),
    ("every worker", "vendors"),
    ("worker", "warehouse"),
    ("snowpipe", "every worker"),
)
"""Who is killed in each, while a share of the deliveries is on its way and pulls run."""
LISTED_WHOLE = [("slack", "user"), ("slack", "message"), ("gong", "user"), ("gong", "call"), ("gong", "transcript")]
"""Streams of which a pull alone tells every live record."""


@pytest.fixture(scope="module")
def survival(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survival]:
    company, rng = main_job.imagine(SEED, SOURCES), random.Random(SEED)
    made = company.disturbed.sent
    deliveries = made[:: len(made) // DELIVERIES]
    with running_stack(tmp_path_factory.mktemp("sophia"), company.vendor_options) as stack:
        hand_back_soon(stack)
        stop_the_schedule(stack)
        stack.tick()  # orders every pull
        answered: set[str] = set()
        with ThreadPoolExecutor(1) as beside:
            for number, victims in enumerate(ROUNDS):
                sending = beside.submit(send, stack, deliveries[number :: len(ROUNDS)])
                for victim in victims:
                    time.sleep(rng.uniform(0, 0.7))
                    kill(stack, victim, rng)
                time.sleep(rng.uniform(0.3, 1.2))  # the others go on without them
                stack.up(Silent(), vendor_options=company.vendor_options, dies_with_us=True)
                answered |= event_ids(sending.result())
        settle(stack)
        assert dbt.build(
            stack,
            Silent(),
            select="base_records",
            as_of=company.world.now.isoformat(),
        )
        yield Survival(company, stack, frozenset(answered))


def hand_back_soon(stack: Stack) -> None:
    """A message whose reader died comes back after seconds, not after the minutes a living reader may need."""
    sqs = stack.client("sqs")
    for queue in ("sophia-ingest", "sophia-pulls", "sophia-background", "sophia-drops", "sophia-snowpipe"):
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5"})


def send(stack: Stack, deliveries: Sequence[Delivery]) -> Ledger:
    return deliver(deliveries, stack.api_url, stack.public_base_url, stack.vendor_keys(), workers=2)


def event_ids(ledger: Ledger) -> set[str]:
    # Salesforce is answered in its own words, which name no event.
    answers = [json.loads(one.answer) for one in ledger.outcomes if one.is_accepted and one.answer.startswith("{")]
    return {event_id for answer in answers for event_id in answer["event_ids"]}


def kill(stack: Stack, victim: str, rng: random.Random) -> None:
    pids = {row["part"]: row["pid"] for row in stack.status()}
    if victim in pids:
        process = psutil.Process(pids[victim])
        process.kill()
        psutil.wait_procs([process], timeout=5)
        return
    workers = psutil.Process(pids["cloud"]).children()
    for worker in workers if victim == "every worker" else [rng.choice(workers)]:
        worker.kill()


def settle(stack: Stack) -> None:
    """Let everything under way arrive, dead letters included, and pull once more."""
    wait_until_loaded(stack, Silent())
    redriven(stack, "ingest")
    end_leases(stack)
    # Every stream: a pull whose message came back too soon goes on unseen by the queue, until another takes its lease.
    assert [pull["error"] for pull in pull_now(stack, Silent()) if pull["error"]] == []
    wait_until_loaded(stack, Silent())


def end_leases(stack: Stack) -> None:
    """A pull that was killed holds its stream for three minutes more: they pass here at once."""
    table = stack.client("dynamodb")
    for item in table.scan(TableName="sophia-state")["Items"]:
        if "lease_until" in item:
            table.update_item(
                TableName="sophia-state",
                Key={"pk": item["pk"], "sk": item["sk"]},
                UpdateExpression="set lease_until = :past",
                ExpressionAttributeValues={":past": {"S": "2026-01-01T00:00:00+00:00"}},
            )


def test_every_event_answered_2xx_is_in_the_warehouse(survival: Survival) -> None:
    landed = {row["event_id"] for row in survival.ask("select distinct event_id from RAW_DATA.EVENTS")}
    assert len(survival.answered) >= DELIVERIES / 2
    assert survival.answered - landed == set()


def test_every_object_of_the_lake_is_loaded(survival: Survival) -> None:
    pages = survival.stack.client("s3").get_paginator("list_objects_v2")
    lake = {
        found["Key"]
        for page in pages.paginate(Bucket=survival.stack.lake_bucket, Prefix="events/")
        for found in page["Contents"]
    }
    assert lake == {row["object_key"] for row in survival.ask("select distinct object_key from RAW_DATA.EVENTS")}


def test_no_event_is_staged_twice(survival: Survival) -> None:
    assert survival.staged() == survival.landed()


@pytest.mark.parametrize("key", LISTED_WHOLE, ids=" ".join)
def test_what_the_vendor_holds_was_pulled_though_pulls_died(key: tuple[str, str], survival: Survival) -> None:
    held = entities(survival.company.world)[key]
    staged = {row["entity_id"] for row in survival.records() if (row["source"], row["stream"]) == key}
    assert {one for one, last in held.items() if not last.is_deleted} - staged == set()
