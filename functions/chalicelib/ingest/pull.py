"""The pull lane as the functions call it: run_tick every minute, run_pull for every message it orders."""

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .. import sources
from ..settings import Settings, settings
from .aws_services import arguments, client
from .puller import Outcome, Puller
from .source import Source


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
    return Puller(**arguments(where, client, where.pulls_queue_url, find))


@functools.cache
def _puller() -> Puller:
    return puller(settings(), client)
