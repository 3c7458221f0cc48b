"""Linear: webhooks of everything product work leaves behind, and the GraphQL API for the complete listing.

Facts: linear/linear, packages/sdk (webhooks, schema.graphql); developers.linear.app, "Webhooks", "Rate limiting". Odd:
- the signed clock stands in the body; the Linear-Timestamp header beside it is not covered by the signature;
- a 400 may be a rate limit, a 200 may hold errors: `extensions.code` tells, not the status;
- archived records are listed only when asked for, deleted ones never: `remove` and a listing of all ids tell of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import digest, instant, seconds, stream_name, typed, utf8
from ..ingest.rulings import until_s
from ..ingest.signatures import Hmac, SignedTime
from ..ingest.signed_time import timestamp_of
from ..ingest.source import Connection, Delivery, Event, Pull, Rate, Ruling, Source, Verdict, Webhook
from ._linear_graphql import STREAMS
from ._linear_hooks import SUBSCRIPTIONS

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


class _Record(msgspec.Struct, rename="camel"):
    id: str | None = None
    updated_at: str | None = None
    trashed: bool | None = None


class _Body(msgspec.Struct, rename="camel"):
    action: str | None = None
    type: str | None = None
    created_at: str | None = None
    data: _Record | None = None
    issue_data: _Record | None = None
    """In place of data where the type is IssueSLA."""
    oauth_client_id: str | None = None


_body = msgspec.json.Decoder(_Body)

_TYPES = (
    "issue comment issue_label project project_update cycle initiative initiative_update customer customer_need "
    "document attachment reaction user"
)
_RECORDS = frozenset(_TYPES.split())
"""The types whose data is a record with its own clock; the others are facts."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _read(delivery: Delivery) -> Sequence[Event]:
    payload = utf8(delivery.body)
    body = typed(_body, payload)
    stream = stream_name(_HUMP.sub("_", body.type or "").lower())
    about = body.data or body.issue_data or _Record()
    delivery_id = delivery.headers.get("linear-delivery") or None
    dedupe = (delivery_id,) if delivery_id else ()
    at = instant(body.created_at)
    if stream not in _RECORDS:
        entity_id = about.id or body.oauth_client_id or delivery_id or digest(payload)
        return [Event(stream, entity_id, "event", payload, dedupe, delivery_id, occurred_at=at)]
    if not about.id:
        raise Unreadable("missing_entity", f"a body that does not say which {stream}")
    is_removed = body.action == "remove"
    # A removal leaves updatedAt where the last edit put it, or sets it: the later clock is newer either way.
    clocks = (instant(about.updated_at), at if is_removed else None)
    return [
        Event(
            stream=stream,
            entity_id=about.id,
            operation="delete" if is_removed or about.trashed else "upsert",
            payload=payload,
            dedupe=dedupe,
            delivery_id=delivery_id,
            occurred_at=at,
            source_updated_at=max(filter(None, clocks), default=None),
        )
    ]


# The SDK allows 60 s. A first retry comes after a minute, and whether it is dated anew is not documented, so up to four
# are allowed; what comes later is refused, and the pull brings it.
_BODY_CLOCK = SignedTime("webhookTimestamp", at="body", unit="ms", tolerance_s=240)
_HEADER_CLOCK = SignedTime("linear-timestamp", unit="ms", tolerance_s=240)


@dataclass(frozen=True, slots=True)
class _Signature:
    """The body's clock is signed. The header's is not, and counts only where the body has none: as in Linear's SDK."""

    covers_body: bool = True

    def verify(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> Verdict:
        is_dated = timestamp_of(_BODY_CLOCK, delivery, "") is not None
        clock = _BODY_CLOCK if is_dated else _HEADER_CLOCK
        return Hmac("linear-signature", time=clock).verify(delivery, secrets, now)


class _Extensions(msgspec.Struct):
    code: str | None = None


class _Error(msgspec.Struct):
    extensions: _Extensions | None = None


class _Answer(msgspec.Struct):
    errors: list[_Error] | None = None


_answer = msgspec.json.Decoder(_Answer)
_FINAL = frozenset(("GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "AUTHENTICATION_ERROR", "INPUT_ERROR"))


def _judge(response: "Response") -> Ruling:
    """airbytehq/airbyte, source-linear/CONTRIBUTING.md, has the table of codes. Data beside errors is a part of it
    only, so it is asked for again."""
    status = response.status
    if status in (401, 403):
        return Ruling("refused", f"http_{status}")
    if status == 429:
        return Ruling("retry", "rate_limited", _wait_s(response))
    if status == 408 or status > 500:
        return Ruling("retry", f"http_{status}")
    codes = _codes(response)  # of a 500 too: some validation failures come as one
    if "RATELIMITED" in codes:
        return Ruling("retry", "rate_limited", _wait_s(response))
    if "FORBIDDEN" in codes:
        return Ruling("skip", "forbidden")  # a scope or a plan without customers closes that listing alone
    if final := next(iter(codes & _FINAL), None):
        return Ruling("refused", final.lower())
    if codes or status == 500:
        return Ruling("retry", "errors_inside" if codes else "http_500")
    return Ruling("ok") if status < 300 else Ruling("refused", f"http_{status}")


def _codes(response: "Response") -> set[str]:
    """The codes of the errors inside; "" for an error without one. Raises Unreadable when the body is no JSON."""
    errors = typed(_answer, response.body).errors or []
    return {(error.extensions and error.extensions.code) or "" for error in errors}


def _wait_s(response: "Response") -> float | None:
    """Until the last of the used-up limits is reset, against Linear's own clock; its resets are epoch milliseconds.

    The names of the headers are known by pattern alone: X-RateLimit-<what>-Reset and -Remaining (unverified).
    """
    headers = response.headers
    if (after_s := seconds(headers.get("retry-after"))) is not None:
        return after_s
    resets = [
        int(told) / 1000
        for name, told in headers.items()
        if name.startswith("x-ratelimit-") and name.endswith("-reset") and told.isdecimal() and len(told) <= 15
        if headers.get(name.removesuffix("reset") + "remaining", "0") == "0"
    ]
    return until_s(max(resets), headers) if resets else None


def _headers(connection: Connection) -> Mapping[str, str]:
    """An API key stands bare. An OAuth application's refresh token is used up by each use, which we cannot store."""
    return {"Authorization": connection.credentials["api_key"]}


source = Source(
    name="linear",
    title="Linear",
    webhook=Webhook(
        scheme=_Signature(),
        read=_read,
        answer_within_s=5,
    ),
    pull=Pull(
        base_url="https://api.linear.app/",
        headers=_headers,
        judge=_judge,
        # Of 2,500 requests an hour for an API key: burst and refill together.
        rates={"": Rate(2_000, per_s=3600, burst=400)},
        streams=STREAMS,
    ),
    subscriptions=SUBSCRIPTIONS,
)
