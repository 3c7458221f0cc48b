"""The clock in a signature: where it stands, and whether it is close enough to ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from .source import Delivery, Verdict

OK = Verdict(True, "ok")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SignedTime:
    """Where the vendor's clock stands: a header, a part of the signature header (`t=…`) or a top-level body field."""

    name: str
    at: Literal["header", "part", "body"] = "header"
    unit: Literal["s", "ms", "rfc3339"] = "s"
    tolerance_s: int = 300


def timestamp_of(time: SignedTime, delivery: Delivery, header: str) -> str | None:
    """The timestamp as it was sent, None where there is none. header is the signature's."""
    if time.at == "header":
        return delivery.headers.get(time.name)
    if time.at == "part":
        return next(iter(parts(header, time.name)), None)
    try:
        body = msgspec.json.decode(delivery.body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    found = body.get(time.name) if isinstance(body, Mapping) else None
    return None if found is None else str(found)


def fresh(timestamp: str, time: SignedTime, now: datetime) -> Verdict:
    """Whether a timestamp, whose signature was right, is close enough to our clock."""
    signed_at = _instant(timestamp, time.unit)
    if signed_at is None:
        return Verdict(False, "malformed_signature")
    # The absolute difference counts, though vendors' own kits (HubSpot's, ElevenLabs') let the future pass.
    age_s = now.timestamp() - signed_at
    if age_s > time.tolerance_s:
        return Verdict(False, "stale")
    return Verdict(False, "future") if -age_s > time.tolerance_s else OK


def _instant(text: str, unit: str) -> float | None:
    """Seconds since 1970, or None for what is no instant."""
    if unit == "rfc3339":
        try:
            instant = datetime.fromisoformat(text)
            return (instant - _EPOCH) / timedelta(seconds=1) if instant.tzinfo else None
        except (ValueError, OverflowError):
            return None
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        return None
    return int(text) / (1000 if unit == "ms" else 1)


def parts(header: str, name: str) -> list[str]:
    """Every value of that name in a header like `t=1,v0=abc`."""
    pairs = (pair.strip().partition("=") for pair in header.split(","))
    return [value for key, _, value in pairs if key == name]
