"""Authentic deliveries that could not be read: what they are, and reading them again with the present code."""

import gzip
from collections.abc import Callable, Iterable
from typing import Any

from chalicelib import sources
from chalicelib.errors import LakeUnavailable, Unreadable
from chalicelib.ingest import quarantine
from chalicelib.ingest.lake import Lake
from chalicelib.ingest.land import land
from chalicelib.ingest.source import QUARANTINE, Source
from events.envelope import decode

from .local.stack import Stack
from .warehouse import query


def listed(stack: Stack) -> list[dict[str, Any]]:
    """One row per quarantined delivery, newest first: source, event id, reason, when, size."""
    return query(
        stack.warehouse_port,
        """select source, event_id, max(payload:reason::string) as reason, max(payload:detail::string) as detail,
               max(received_at) as received_at
           from RAW_DATA.EVENTS where stream = 'quarantine' group by source, event_id order by received_at desc""",
    )


def redriven(stack: Stack, event_id: str = "") -> tuple[int, int]:
    """How many deliveries were read and landed, and how many are still unreadable: the one named, or all."""
    objects = query(
        stack.warehouse_port,
        "select distinct object_key from RAW_DATA.EVENTS where stream = 'quarantine' and (%s = '' or event_id = %s)",
        [event_id, event_id],
    )
    lake = Lake(stack.client("s3"), stack.lake_bucket)
    return redrive(lake, [row["OBJECT_KEY"] for row in objects], event_id)


def redrive(
    lake: Lake, object_keys: Iterable[str], event_id: str = "", find: Callable[[str], Source | None] = sources.load
) -> tuple[int, int]:
    """Read the quarantined deliveries in these objects again, and land what can be read: how many, and how many cannot.

    Harmless to repeat: ids stay. Raises LakeUnavailable.
    """
    read = still = 0
    seen = set()  # a delivery that came twice lies in two objects
    for key in object_keys:
        if (body := lake.get(key)) is None:
            raise LakeUnavailable(f"{key} is not in the lake any more: what lay in it is in RAW_DATA.EVENTS alone")
        for envelope in map(decode, gzip.decompress(body).splitlines()):
            if envelope.stream != QUARANTINE or event_id not in ("", envelope.event_id) or envelope.event_id in seen:
                continue
            seen.add(envelope.event_id)
            source = find(envelope.source)
            try:
                if source is None or source.webhook is None:
                    raise Unreadable("unknown_source")
                land(quarantine.reread(source.webhook, envelope), lake)
                read += 1
            except Unreadable:
                still += 1
    return read, still
