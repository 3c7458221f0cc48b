"""The pull lane as the functions call it: run_tick every minute, run_pull for every message it orders."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import httpx
from botocore.config import Config

from .. import sources
from ..settings import Settings, settings
from .connections import Connections
from .lake import Lake
from .land import land
from .puller import Outcome, Puller
from .source import Source
from .state_table import StateTable
from .vendor_http import TIMEOUT_S


def run_tick(now: datetime) -> int:
    """Order every pull that is due; how many."""
    return _puller().tick(now)


def run_pull(body: str, remaining_ms: Callable[[], int]) -> Outcome:
    """Carry out one order: {"source", "connection_id", "stream"}, with "is_forced" when it need not wait its time."""
    return _puller().run(body, remaining_ms)


def puller(
    where: Settings, client: Callable[[str], Any], find: Callable[[str], Source | None] = sources.load
) -> Puller:
    """A puller on real services; client makes the boto3 client of a service by its name."""
    table = StateTable(client("dynamodb"), where.state_table)
    lake = Lake(client("s3"), where.lake_bucket)
    queue = client("sqs")

    def enqueue(body: str, delay_s: int) -> None:
        queue.send_message(QueueUrl=where.pulls_queue_url, MessageBody=body, DelaySeconds=delay_s)

    return Puller(
        table=table,
        connections=Connections(table, client("secretsmanager"), where.secrets_prefix),
        source_named=find,
        land=lambda envelopes: land(envelopes, lake),
        enqueue=enqueue,
        client=lambda: httpx.Client(timeout=httpx.Timeout(TIMEOUT_S, connect=5.0)),
        now=lambda: datetime.now(UTC),
    )


@functools.cache
def _puller() -> Puller:
    patient = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
    return puller(settings(), lambda service: boto3.client(service, config=patient))
