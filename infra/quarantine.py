"""Authentic deliveries that could not be read: what they are, and reading them again with the present code."""

import functools
import gzip
import json
from collections.abc import Callable, Iterable, Mapping
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
    secrets = stack.client("secretsmanager")
    return redrive(
        lake, [row["OBJECT_KEY"] for row in objects], event_id, settings_of=functools.partial(_settings, secrets)
    )


def redrive(
    lake: Lake,
    object_keys: Iterable[str],
    event_id: str = "",
    find: Callable[[str], Source | None] = sources.load,
    settings_of: Callable[[str, str], Mapping[str, Any]] = lambda source, connection_id: {},
) -> tuple[int, int]:
    """Read the quarantined deliveries in these objects again, and land what can be read: how many, and how many cannot.
    settings_of are those of a connection's webhook. A dropped file's rows stay: the file itself is to be dropped again.

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
                settings = settings_of(envelope.source, envelope.connection_id)
                land(quarantine.reread(source.webhook, envelope, settings), lake)
                read += 1
            except Unreadable:
                still += 1
    return read, still


def _settings(secrets: Any, source: str, connection_id: str) -> Mapping[str, Any]:
    """What the operator wrote under "webhook" in a connection's secret."""
    try:
        answer = secrets.get_secret_value(SecretId=f"sophia/{source}/{connection_id}")
    except secrets.exceptions.ResourceNotFoundException:
        return {}
    settings: Mapping[str, Any] = json.loads(answer["SecretString"]).get("webhook", {})
    return settings
