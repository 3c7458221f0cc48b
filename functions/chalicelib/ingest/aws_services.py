"""Services on AWS, as every function that speaks to vendors uses them."""

import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
import httpx
from botocore.config import Config

from .. import sources
from ..settings import Settings
from .connections import Connections
from .lake import Lake
from .land import land
from .source import Source
from .state_table import StateTable
from .vendor_http import TIMEOUT_S


def client(service: str) -> Any:
    """A boto3 client of a service by its name, patient within reason."""
    patient = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
    return boto3.client(service, config=patient)


@cache
def trusted() -> ssl.SSLContext:
    """The authorities httpx trusts, read once: reading them takes 20 ms, as long as many a run has work."""
    return httpx.create_ssl_context()


def arguments(
    where: Settings,
    client: Callable[[str], Any],
    queue_url: str,
    find: Callable[[str], Source | None] = sources.load,
    *,
    job: str | None = None,
) -> dict[str, Any]:
    """What Services takes. client makes the boto3 client of a service by its name; more work of the same kind goes to
    queue_url, where job names its kind."""
    table = StateTable(client("dynamodb"), where.state_table)
    lake = Lake(client("s3"), where.lake_bucket)
    queue = client("sqs")

    def enqueue(body: str, delay_s: int) -> None:
        told = json.dumps({"job": job} | json.loads(body)) if job else body
        queue.send_message(QueueUrl=queue_url, MessageBody=told, DelaySeconds=delay_s)

    return {
        "table": table,
        "connections": Connections(table, client("secretsmanager"), where.secrets_prefix),
        "source_named": find,
        "land": lambda envelopes: land(envelopes, lake),
        "enqueue": enqueue,
        "client": lambda: httpx.Client(verify=trusted(), timeout=httpx.Timeout(TIMEOUT_S, connect=5.0)),
        "now": lambda: datetime.now(UTC),
    }
