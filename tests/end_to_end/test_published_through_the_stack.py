"""Payloads the vendors publish, as deliveries: signed, shuffled, some twice, and every one of them stored and staged.

Answers of a vendor's API are delivered too, as if a hook had sent them: an event nobody foresaw is an event all the
same. They come over a connection of their own, beside the simulated company's.
"""

import json
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.ingest.source import Connection
from infra import dbt
from infra.company.delivery import Delivery
from infra.company.send import Ledger, deliver
from infra.local.connections import connections
from infra.pull import wait_until_loaded
from tests.end_to_end.runs import Job
from tests.running_stack import Silent

SOURCES = ("github", "gong", "hubspot", "slack")
FIXTURES = dbt.ROOT.parent / "shared" / "fixtures"
CONNECTION = "published"
SEED = 5

pytestmark = [pytest.mark.stack, pytest.mark.skipif(not FIXTURES.is_dir(), reason="no published payloads here")]


def published() -> Iterator[Delivery]:
    """One delivery per file. Of GitHub's the kind of event stands before the first __ of the name."""
    for source in SOURCES:
        for path in sorted((FIXTURES / source).glob("*.json")):
            yield _delivery(source, path)


def _delivery(source: str, path: Path) -> Delivery:
    event_type = path.name.partition("__")[0] if source == "github" else ""
    guid = str(uuid.uuid5(uuid.NAMESPACE_URL, path.name))
    return Delivery(source, event_type, path.read_bytes(), guid, at=datetime.now(UTC), events=())


@pytest.fixture(scope="module")
def ledger(job: Job) -> Ledger:
    """Everything sent and loaded, staging built."""
    for source, told in json.loads(job.stack.vendors_file.read_text()).items():
        there = Connection(source, CONNECTION, told["base_url"], told["credentials"])
        connections(job.stack.cloud).connect(there, is_enabled=False)  # nothing to pull there
    deliveries = list(published())
    rng = random.Random(SEED)
    deliveries += rng.sample(deliveries, len(deliveries) // 3)
    rng.shuffle(deliveries)
    sent = deliver(
        deliveries,
        job.stack.api_url,
        job.stack.public_base_url,
        job.stack.vendor_keys(),
        connection_id=CONNECTION,
    )
    wait_until_loaded(job.stack, Silent())
    assert dbt.build(job.stack, Silent(), select="base_records", as_of=job.company.world.now.isoformat())
    return sent


def test_every_payload_is_answered_2xx(ledger: Ledger) -> None:
    assert [(one.delivery.source, one.delivery.body[:80], one.status_code) for one in ledger.refused()] == []


def test_every_distinct_payload_is_landed_and_staged_once(job: Job, ledger: Ledger) -> None:
    """An array is an event per element; each delivery is sent at least once and some twice."""
    stored = {event_id for one in ledger.outcomes for event_id in json.loads(one.answer)["event_ids"]}
    bodies = [json.loads(one.body) for one in published()]
    assert len(stored) == sum(len(body) if isinstance(body, list) else 1 for body in bodies)

    rows = job.ask("select event_id from RAW_DATA.EVENTS where connection_id = %s", [CONNECTION])
    assert len(rows) > len(stored)
    assert {row["event_id"] for row in rows} == stored
    assert job.staged(CONNECTION) == job.landed(CONNECTION)
    assert sum(job.staged(CONNECTION).values()) == len(stored)
