"""Authentic deliveries that could not be read: what they are, and reading them again with the present code."""

import gzip
from typing import Any

from chalicelib import sources
from chalicelib.errors import Unreadable
from chalicelib.ingest import quarantine
from chalicelib.ingest.lake import Lake
from chalicelib.ingest.land import land
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
    """How many deliveries were read and landed, and how many are still unreadable. Harmless to repeat: ids stay."""
    objects = query(
        stack.warehouse_port,
        "select distinct object_key from RAW_DATA.EVENTS where stream = 'quarantine' and (%s = '' or event_id = %s)",
        [event_id, event_id],
    )
    s3 = stack.client("s3")
    lake = Lake(s3, stack.lake_bucket)
    read = still = 0
    seen = set()  # a delivery that came twice lies in two objects
    for row in objects:
        body = s3.get_object(Bucket=stack.lake_bucket, Key=row["OBJECT_KEY"])["Body"].read()
        for envelope in map(decode, gzip.decompress(body).splitlines()):
            if event_id not in ("", envelope.event_id) or envelope.event_id in seen:
                continue
            seen.add(envelope.event_id)
            source = sources.load(envelope.source)
            try:
                if source is None or source.webhook is None:
                    raise Unreadable("unknown_source")
                land(quarantine.reread(source.webhook, envelope), lake)
                read += 1
            except Unreadable:
                still += 1
    return read, still
