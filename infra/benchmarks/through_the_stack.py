"""The whole local stack, as information: its cloud emulator sets the pace, and Snowflake's own speed is not in it.

COPY is our pipe's own text over objects in the emulated lake, in the emulated warehouse.
"""

import gzip
import time

import msgspec
from dbt.cli.main import dbtRunner

from events.envelope import encode_lines
from infra.company import deliveries, vendors, world
from infra.company.chance import Chance
from infra.company.delivery import Delivery
from infra.company.send import deliver
from infra.dbt import ROOT
from infra.local.stack import Stack
from infra.warehouse import query

from .payloads import envelopes


def webhooks_per_s(stack: Stack, connections: int, count: int = 100) -> float:
    """Signed Slack deliveries through the emulated API Gateway and Lambda, answered 2xx."""
    chosen = _slack_deliveries(count)
    began = time.perf_counter()
    ledger = deliver(chosen, stack.api_url, stack.public_base_url, stack.vendor_keys(), workers=connections)
    seconds = time.perf_counter() - began
    if ledger.refused():
        raise SystemExit(f"{len(ledger.refused())} of {count} deliveries were refused")
    return count / seconds


def copy_rows_per_s(stack: Stack, rows: int, number: int) -> float:
    """The pipe's COPY of `rows` rows in objects of 1,000, under a prefix that Snowpipe does not watch."""
    s3 = stack.client("s3")
    for start in range(0, rows, 1000):
        body = gzip.compress(encode_lines(envelopes(1000, start)), 6)
        s3.put_object(Bucket=stack.lake_bucket, Key=f"bench/{number}/{start}.ndjson.gz", Body=body)
    text = query(stack.warehouse_port, "describe pipe SOPHIA.RAW_DATA.EVENTS_PIPE")[0]["definition"].rstrip("; \n")
    before = _count(stack)
    began = time.perf_counter()
    query(stack.warehouse_port, text.replace("/events/", f"/bench/{number}/", 1))
    seconds = time.perf_counter() - began
    if (loaded := _count(stack) - before) != rows:
        raise SystemExit(f"COPY loaded {loaded} of {rows} rows")
    return rows / seconds


def webhook_to_raw_s(stack: Stack, number: int) -> float:
    """From the first byte sent until the row answers in RAW_DATA.EVENTS."""
    began = time.perf_counter()
    ledger = deliver([_slack_deliveries(400)[300 + number]], stack.api_url, stack.public_base_url, stack.vendor_keys())
    event_id = msgspec.json.decode(ledger.outcomes[0].answer)["event_ids"][0]
    while not query(stack.warehouse_port, "select 1 from RAW_DATA.EVENTS where event_id = %s", [event_id]):
        if time.perf_counter() - began > 60:
            raise SystemExit(f"event {event_id} did not reach the warehouse within 60 s")
        time.sleep(0.02)
    return time.perf_counter() - began


def staging_run_s(stack: Stack) -> float:
    """One incremental dbt run of the records of all sources, dbt's start-up left out."""
    options = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT / "dbt_project"), "--quiet"]
    outcome = dbtRunner().invoke(["run", "--select", "base_records", *options])
    if not outcome.success:
        raise SystemExit("dbt could not build base_records")
    return float(outcome.result.elapsed_time)  # type: ignore[union-attr]


def _slack_deliveries(count: int) -> list[Delivery]:
    """Distinct ones: the company's, told again under new ids as often as it takes."""
    made = deliveries.deliveries(world.build(), sources=["slack"])
    retold = vendors.load("slack").retold
    assert retold
    chance = Chance(1, "benchmark")
    return [made[place] if place < len(made) else retold(made[place % len(made)], chance) for place in range(count)]


def _count(stack: Stack) -> int:
    return int(query(stack.warehouse_port, "select count(*) as n from RAW_DATA.EVENTS")[0]["N"])
