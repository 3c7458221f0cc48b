"""Whether a source's credentials, scopes and reachability suffice: each stream's first page, asked for real."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx

from chalicelib.errors import ConfigurationMissing, SophiaError, VendorSaysNo
from chalicelib.ingest.services import Services
from chalicelib.ingest.source import Connection, Pull, Reading, Source, Stream
from chalicelib.ingest.subscriptions import Keeper
from chalicelib.ingest.vendor_http import VendorHttp

from .subscribe import listed

_EACH_S = 30.0
_BACK = timedelta(days=1)
"""A recent page costs a vendor least."""


def tried(services: Services, keeper: Keeper, source: Source, connection: Connection) -> Iterator[dict[str, Any]]:
    """One row per check as it is made: check, verdict (ok, problem, unknown), found, words of the vendor, advice. Never
    a secret. Nothing lands and no cursor moves."""
    if source.webhook:
        yield _secrets(source, connection)
    if source.pull:
        with services.client() as client:
            for stream in source.pull.streams:
                yield _stream(services, client, source.pull, stream, connection)
    if source.subscriptions:
        yield _subscriptions(keeper, source, connection)


def _stream(
    services: Services, client: httpx.Client, pull: Pull, stream: Stream, connection: Connection
) -> dict[str, Any]:
    now, ends = services.now(), time.monotonic() + _EACH_S
    recent = replace(connection, start_at=now - _BACK)
    http = services.asking(recent, pull, client, remaining_s=lambda: ends - time.monotonic())
    check = f"stream {stream.name}"
    try:
        page = next(iter(stream.read(Reading(http, recent, {}, now))), None)
    except ConfigurationMissing as error:
        return _row(check, "problem", str(error), advice="add it, then ask again")
    except VendorSaysNo as error:
        return _row(check, "problem", str(error), error.words, "give the credentials the scope the vendor names")
    except SophiaError as error:
        return _row(check, "problem", str(error), advice="the vendor is busy or away: ask again later")
    count = len(page.events) if page else 0
    if http.skipped and not count:
        return _row(check, "problem", "closed to these credentials", advice="give them the right to read it")
    return _row(check, "ok" if http.requests else "unknown", _found(http, count))


def _found(http: VendorHttp, count: int) -> str:
    return (
        f"{count} on the first page, {http.requests} requests" if http.requests else "nothing to ask: see its options"
    )


def _secrets(source: Source, connection: Connection) -> dict[str, Any]:
    held = len(connection.credentials.get("signing_secrets") or ())
    if held:
        return _row("signing secrets", "ok", f"{held} in force")
    return _row(
        "signing secrets", "problem", "none: every delivery is refused", advice=f"sophia subscribe {source.name}"
    )


def _subscriptions(keeper: Keeper, source: Source, connection: Connection) -> dict[str, Any]:
    check, advice = "subscriptions", f"sophia subscribe {source.name}"
    try:
        ours = [one for one in listed(keeper, source, connection) if one["ours"]]
    except VendorSaysNo as error:
        return _row(check, "problem", str(error), error.words, "give the credentials the right to manage webhooks")
    except SophiaError as error:
        return _row(check, "problem", str(error), advice="add it, then ask again")
    if not ours:
        return _row(check, "unknown", "none is registered for our address", advice=advice)
    asleep = [one for one in ours if not one["active"]]
    return _row(check, "problem" if asleep else "ok", f"{len(ours) - len(asleep)} of {len(ours)} active", advice=advice)


def _row(check: str, verdict: str, found: str, words: str = "", advice: str = "") -> dict[str, Any]:
    return {
        "check": check,
        "verdict": verdict,
        "found": found,
        "vendor says": words or None,
        "advice": advice if verdict != "ok" else None,
    }
