"""Vercel: deployments and projects, hinted at by webhooks and listed by the API; promotions and the like as events.

Facts: vercel.com/docs/webhooks and /rest-api; vercel/sdk; airbytehq/airbyte source-vercel. Odd here:
- no record carries a modification time, and a deployment changes for hours after its creation: the newer reading is
  the newer record, and a webhook, which tells a few fields of it, never outweighs a reading;
- pages are cut by creation time in milliseconds, so equal times can fall between two pages: see `_Until`;
- asked without a team, the API answers for the token's owner, with an empty list rather than an error (unverified).
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from ..errors import ConfigurationMissing, Unreadable
from ..ingest.bodies import digest, instant, stream_name, typed, utf8
from ..ingest.pages import Request, items, listing, value
from ..ingest.rulings import by_status
from ..ingest.signatures import Hmac
from ..ingest.source import (
    Census,
    Connection,
    Delivery,
    Event,
    Pull,
    Rate,
    Reading,
    Ruling,
    Source,
    Stream,
    Webhook,
)
from ..ingest.subscription import Created, Subscription, Subscriptions, Wanted

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response, VendorHttp


class _Body(msgspec.Struct, rename="camel"):
    type: str
    id: str | None = None
    created_at: int | None = None
    payload: msgspec.Raw = msgspec.Raw(b"null")


class _Named(msgspec.Struct):
    id: str | None = None


class _About(msgspec.Struct):
    """What the payload of a hint is about."""

    deployment: _Named | None = None
    project: _Named | None = None


class _Deployment(msgspec.Struct, rename="camel"):
    """Lists call the id uid, the answer about one deployment calls it id."""

    uid: str | None = None
    id: str | None = None
    created: int | None = None
    created_at: int | None = None
    state: str | None = None


_body = msgspec.json.Decoder(_Body)
_about = msgspec.json.Decoder(_About | None)
_deployment = msgspec.json.Decoder(_Deployment)
_project = msgspec.json.Decoder(_Named)

_HINTS = frozenset(f"deployment.{what}" for what in ("created", "ready", "succeeded", "error", "canceled")) | {
    "project.created",
    "project.renamed",
}
_GONE = frozenset(("deployment.cleanup", "project.removed"))
"""A cleaned-up deployment was deleted, by someone or by the retention policy (unverified: only the name is known)."""
_PULLED, _REMOVED = "pulled", "removed"
"""source_version: readings outweigh hints, and what was removed never comes back."""


def read(delivery: Delivery) -> Sequence[Event]:
    """A hint or a removal of one record, and for everything else the event as it is."""
    payload = utf8(delivery.body)
    body = typed(_body, payload)
    kind = body.type.partition(".")[0]
    occurred_at = instant(body.created_at / 1000) if body.created_at is not None else None
    entity_id = _entity(kind, body.payload) if body.type in _HINTS | _GONE else None
    dedupe = (body.id,) if body.id else ()
    if entity_id is None:
        stream = stream_name(body.type.replace(".", "_").replace("-", "_"))
        return [Event(stream, body.id or digest(payload), "event", payload, dedupe, body.id, occurred_at, occurred_at)]
    if body.type in _GONE:
        return [Event(kind, entity_id, "delete", payload, dedupe, body.id, occurred_at, source_version=_REMOVED)]
    return [Event(kind, entity_id, "partial", payload, dedupe, body.id, occurred_at)]


def _entity(kind: str, payload: msgspec.Raw) -> str | None:
    try:
        about = typed(_about, payload)
    except Unreadable:
        return None
    named = getattr(about, kind, None)
    return named.id if named else None


def _deployed(raw: bytes, reading: Reading) -> Event:
    deployment = typed(_deployment, raw)
    entity_id = deployment.uid or deployment.id
    if not entity_id:
        raise Unreadable("missing_entity", "a deployment without an id")
    created_ms = deployment.created if deployment.created is not None else deployment.created_at
    return Event(
        "deployment",
        entity_id,
        "delete" if deployment.state == "DELETED" else "upsert",
        raw,
        occurred_at=None if created_ms is None else instant(created_ms / 1000),
        source_version=_REMOVED if deployment.state == "DELETED" else _PULLED,
    )


def _projected(raw: bytes, reading: Reading) -> Event:
    project = typed(_project, raw)
    if not project.id:
        raise Unreadable("missing_entity", "a project without an id")
    return Event("project", project.id, "upsert", raw, source_version=_PULLED)


@dataclass(frozen=True)
class _Until:
    """The next page ends where this one did: its last millisecond is asked for again, as the page may have cut through
    it. Only when a whole page lies within one millisecond is the rest of that millisecond left out."""

    def following(self, request: Request, response: "Response") -> Request | None:
        next_ms = value(response.body, "pagination", "next")
        if not isinstance(next_ms, int):
            return None
        until = next_ms + 1
        if until >= request.params.get("until", until + 1):
            until = next_ms
        return dataclasses.replace(request, params={**request.params, "until": until})


def _of_team(connection: Connection) -> dict[str, Any]:
    if team_id := connection.options.get("team_id"):
        return {"teamId": team_id}
    which = f"vercel/{connection.connection_id}"
    raise ConfigurationMissing(f"connection {which} names no team_id: add it to its options (Team Settings, Team ID)")


def _deployments(reading: Reading, since: datetime | None) -> Request:
    bound = {"since": int(since.timestamp() * 1000)} if since else {}
    return Request("v6/deployments", params={**_of_team(reading.connection), "limit": 100, **bound})


def _projects(reading: Reading, since: datetime | None) -> Request:
    return Request("v9/projects", params={**_of_team(reading.connection), "limit": 100})


def _one_deployment(reading: Reading, entity_id: str) -> Event | None:
    """docs: GET /v13/deployments/{idOrUrl}."""
    return _one(reading, f"v13/deployments/{quote(entity_id, safe='')}", _deployed)


def _one_project(reading: Reading, entity_id: str) -> Event | None:
    return _one(reading, f"v9/projects/{quote(entity_id, safe='')}", _projected)


def _one(reading: Reading, path: str, event: Any) -> Event | None:
    answer = reading.http.ask(Request(path, params=_of_team(reading.connection)))
    found = event(answer.body, reading) if answer.ruling.kind == "ok" else None
    return None if found is None or found.operation == "delete" else found


def judge(response: "Response") -> Ruling:
    """404 and 410 are one record that is gone; a listing answered so is not taken for an empty one. What
    x-ratelimit-reset counts differs between descriptions (unverified), so it is not read."""
    status = response.status
    return Ruling("skip", f"http_{status}") if status in (404, 410) else by_status(response)


EVENTS = tuple(sorted(_HINTS | _GONE | {"deployment.promoted", "deployment.rollback"}))
"""What a subscription asks for. The other types are read too, should an operator choose them."""


def _existing(http: "VendorHttp", connection: Connection) -> Sequence[Subscription]:
    """GET /v1/webhooks: a bare list."""
    answer = http.ask(Request("v1/webhooks", params=_of_team(connection)))
    return [_subscription(raw) for raw in items(answer.body)]


def _create(http: "VendorHttp", connection: Connection, wanted: Wanted) -> Created:
    """The secret is Vercel's own, shown this once. A team has room for 20 webhooks."""
    asked = {"url": wanted.url, "events": EVENTS}
    answer = http.ask(Request("v1/webhooks", "POST", params=_of_team(connection), json=asked))
    return Created([_subscription(answer.body)], [value(answer.body, "secret")])


def _remove(http: "VendorHttp", connection: Connection, subscription: Subscription) -> None:
    path = f"v1/webhooks/{quote(subscription.id, safe='')}"
    http.ask(Request(path, "DELETE", params=_of_team(connection)))


def _subscription(raw: bytes) -> Subscription:
    return Subscription(value(raw, "id"), value(raw, "url"))


source = Source(
    name="vercel",
    title="Vercel",
    webhook=Webhook(scheme=Hmac("x-vercel-signature", digest="sha1"), read=read, answer_within_s=30),
    pull=Pull(
        base_url="https://api.vercel.com/",
        headers=lambda connection: {"Authorization": f"Bearer {connection.credentials['token']}"},
        judge=judge,
        # Vercel's limits are per endpoint and not in our facts (unverified): a page of 100 each half second is modest.
        rates={"": Rate(100, per_s=60, burst=20)},
        streams=(
            # What was created within two days is read again: its state, target and readiness still change.
            Stream(
                "deployment",
                listing(
                    request=_deployments,
                    event=_deployed,
                    records=("deployments",),
                    paginator=_Until(),
                    look_back=timedelta(days=2),
                ),
                census=Census(fetch=_one_deployment),
                hinted_by=("deployment",),
            ),
            Stream(
                "project",
                listing(request=_projects, event=_projected, records=("projects",), paginator=_Until()),
                every=timedelta(hours=1),
                census=Census(fetch=_one_project, is_whole=True),
                hinted_by=("project",),
            ),
        ),
    ),
    subscriptions=Subscriptions(existing=_existing, create=_create, remove=_remove),
)
