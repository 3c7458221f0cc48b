"""What speaks to vendors, on the local stack's cloud and in this process: the care of subscriptions, a pull."""

import os
from typing import Any

from chalicelib.ingest.aws_services import arguments
from chalicelib.ingest.services import Services
from chalicelib.ingest.subscriptions import Keeper
from chalicelib.settings import Settings

from .connections import SECRETS_PREFIX, STATE_TABLE
from .stack import Stack


def keeper(stack: Stack) -> Keeper:
    """The one the background function has."""
    return Keeper(**_arguments(stack, job="subscriptions"), public_base_url=stack.public_base_url)


def services(stack: Stack) -> Services:
    return Services(**_arguments(stack))


def _arguments(stack: Stack, job: str | None = None) -> dict[str, Any]:
    # A function's log lines have no place on an operator's terminal, least of all among --json.
    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "CRITICAL")
    queue_url = stack.cloud.outputs()["BackgroundQueueUrl"]
    where = Settings(
        public_base_url=stack.public_base_url,
        ingest_queue_url="",
        pulls_queue_url="",
        background_queue_url=queue_url,
        lake_bucket=stack.lake_bucket,
        state_table=STATE_TABLE,
        secrets_prefix=SECRETS_PREFIX,
        max_body_bytes=0,
        max_message_bytes=0,
    )
    return arguments(where, stack.client, queue_url, job=job)
