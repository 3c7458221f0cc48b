"""Looker: what its scheduled plans deliver, its content (dashboards, looks, plans, people), and results of queries.

Facts: looker-open-source/sdk-codegen, Looker 4.0 API; estuary/connectors source-looker; lookerbot for deliveries. Odd:
- nothing is signed: a scheduled plan repeats a token that is the same for the whole instance;
- nothing says what changed since: content is read whole, and so are results, which are one record a look or query;
- while it is down or upgraded, Looker answers 404 with a page of HTML; only JSON with documentation_url means missing.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import digest, instant, typed, utf8
from ..ingest.pages import OnePage, Paginator, Request, items, listing
from ..ingest.rulings import by_status
from ..ingest.shared_secret import SharedSecret
from ..ingest.source import (
    Census,
    Connection,
    Delivery,
    Event,
    Login,
    Pull,
    Rate,
    Reading,
    Ruling,
    Source,
    Stream,
    Webhook,
)
from ._looker_results import read_results

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


class _Plan(msgspec.Struct):
    scheduled_plan_id: str | int | None = None
    title: str | None = None
    url: str | None = None


class _Body(msgspec.Struct):
    scheduled_plan: _Plan | None = None


class _Content(msgspec.Struct):
    """What dashboards, looks, plans and people may say of themselves; ids are text in 4.0 and were numbers before."""

    id: str | int | None = None
    updated_at: str | None = None
    created_at: str | None = None
    deleted: bool | None = None
    deleted_at: str | None = None


_body = msgspec.json.Decoder(_Body)
_content = msgspec.json.Decoder(_Content)


def read(delivery: Delivery) -> Sequence[Event]:
    """One run of a scheduled plan, with the data it sent: a fact. The results themselves are pulled.

    There is no delivery id. The same plan sending the same data on another day is another run of it; on the same day it
    is taken for a repetition.
    """
    payload = utf8(delivery.body)
    plan = typed(_body, payload).scheduled_plan
    if plan is None:
        raise Unreadable("unexpected_shape", "no scheduled_plan in the delivery")
    content, day = digest(payload), delivery.received_at.date().isoformat()
    told_id = plan.scheduled_plan_id
    plan_id = str(told_id) if told_id is not None else digest((plan.url or plan.title or "").encode())
    return [
        Event(
            "scheduled_plan_run",
            f"{plan_id}/{day}/{content}",
            "event",
            payload,
            dedupe=("scheduled_plan_run", plan_id, day, content),
            occurred_at=delivery.received_at,
        )
    ]


@dataclass(frozen=True)
class _Offset:
    """Pages by count; a short page is the last. The order by id is asked for, so that a page's place is stable. What
    lies in the trash is listed apart, after all that does not."""

    rows: int

    def following(self, request: Request, response: "Response") -> Request | None:
        if len(items(response.body)) < self.rows:
            if request.params.get("deleted") != "false":
                return None
            return dataclasses.replace(request, params={**request.params, "deleted": "true", "offset": 0})
        offset = request.params.get("offset", 0) + self.rows
        return dataclasses.replace(request, params={**request.params, "offset": offset})


def _stated(stream: str) -> Callable[[bytes, Reading], Event]:
    def event(raw: bytes, reading: Reading) -> Event:
        content = typed(_content, raw)
        if content.id in (None, ""):
            raise Unreadable("missing_entity", f"a {stream} without an id")
        updated_at = instant(content.updated_at) or instant(content.created_at)
        gone_at = (instant(content.deleted_at) or updated_at) if content.deleted else None
        return Event(
            stream,
            str(content.id),
            "delete" if content.deleted else "upsert",
            raw,
            occurred_at=gone_at or updated_at,
            source_updated_at=max(filter(None, (gone_at, updated_at)), default=None),
        )

    return event


ROWS = 100
_BY_ID = {"limit": ROWS, "offset": 0, "sorts": "id"}
_TRASHABLE = {**_BY_ID, "deleted": "false"}


def _whole(stream: str, path: str, params: Mapping[str, object], paginator: Paginator, one: str = "") -> Stream:
    """A kind of content, read whole every half hour; one is the path of one record by id."""
    event = _stated(stream)

    def fetch(reading: Reading, entity_id: str) -> Event | None:
        answer = reading.http.ask(Request(f"{one}/{quote(entity_id, safe='')}"))
        found = event(answer.body, reading) if answer.ruling.kind == "ok" else None
        return None if found is None or found.operation == "delete" else found

    def request(reading: Reading, since: datetime | None) -> Request:
        return Request(path, params=params)

    return Stream(
        stream,
        listing(request=request, event=event, paginator=paginator),
        every=timedelta(minutes=30),
        census=Census(is_whole=True, fetch=fetch),
    )


def judge(response: "Response") -> Ruling:
    """202, or nothing: a query still runs."""
    status = response.status
    if status in (202, 204):
        return Ruling("empty", "still_running")
    if status == 401:
        return Ruling("expired", "http_401")
    if status == 404:
        is_missing = b'"documentation_url"' in response.body
        return Ruling("empty", "http_404") if is_missing else Ruling("retry", "looker_is_down")
    return by_status(response)


def _log_in(connection: Connection, now: datetime) -> Request:
    """A form: the same in the query string is to be removed before the end of 2026."""
    held = connection.credentials
    form = {"client_id": held["client_id"], "client_secret": held["client_secret"]}
    return Request("login", "POST", form=form)


source = Source(
    name="looker",
    title="Looker",
    webhook=Webhook(
        scheme=SharedSecret("x-looker-webhook-token"),
        read=read,
        answer_within_s=1.0,  # not documented: answer as the strictest vendor wants it
    ),
    pull=Pull(
        # Each company has its own host, https://<host>/api/4.0/; where the connection names none, nobody is asked.
        base_url="https://looker.invalid/api/4.0/",
        # The literal word "token", sdk-codegen; Bearer is not what the API's documents say.
        headers=lambda connection: {"Authorization": f"token {connection.credentials['access_token']}"},
        judge=judge,
        # Any endpoint may answer 429, no number is published: two a second spare an instance people work on.
        rates={"": Rate(120, per_s=60, burst=10)},
        streams=(
            _whole("dashboard", "dashboards/search", _TRASHABLE, _Offset(ROWS), one="dashboards"),
            _whole("look", "looks/search", _TRASHABLE, _Offset(ROWS), one="looks"),
            _whole("scheduled_plan", "scheduled_plans", {"all_users": "true"}, OnePage(), one="scheduled_plans"),
            _whole("user", "users/search", _BY_ID, _Offset(ROWS), one="users"),
            # Asked often, so that a slow query is collected soon after it ends; what runs when is in there.
            Stream("result", read_results, census=None),
        ),
        login=Login(_log_in),
    ),
    # The names of Looker's screens are from memory (unverified).
    by_hand=(
        "In Looker's Admin panel, under Webhooks, look up the token it sends as X-Looker-Webhook-Token",
        "Store that token as the signing secret of this connection in place of {secret}",
        "Open the look or dashboard, gear menu, Schedule delivery; destination Webhook, address {url}",
        "Choose the format JSON, Inline, and the recurrence; Send test, then Save",
    ),
)
