"""The file lane as its function calls it: run_intake for every message of the queue sophia-drops."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from .. import sources
from ..settings import Settings, settings
from .aws_services import client
from .dropped import DroppedObjects
from .intake import Intake, Taken, keys_of
from .lake import Lake
from .land import land
from .manifest import Manifest
from .source import Source
from .state_table import StateTable


def run_intake(body: str, remaining_ms: Callable[[], int]) -> list[Taken]:
    """Take the files that a message names. Raises when one could not be stored: the message then comes again."""
    made = intake(settings(), client, lambda: remaining_ms() / 1000)
    return [made.take(key) for key in keys_of(body)]


def intake(
    where: Settings,
    client: Callable[[str], Any],
    remaining_s: Callable[[], float],
    find: Callable[[str], Source | None] = sources.load,
) -> Intake:
    """An intake on real services; client makes the boto3 client of a service by its name."""
    s3, queue = client("s3"), client("sqs")
    lake = Lake(s3, where.lake_bucket)

    def enqueue(key: str) -> None:
        queue.send_message(QueueUrl=where.drops_queue_url, MessageBody=json.dumps({"key": key}))

    return Intake(
        objects=DroppedObjects(s3, where.lake_bucket),
        manifest=Manifest(StateTable(client("dynamodb"), where.state_table)),
        find=find,
        land=lambda envelopes: land(envelopes, lake),
        enqueue=enqueue,
        now=lambda: datetime.now(UTC),
        remaining_s=remaining_s,
    )
