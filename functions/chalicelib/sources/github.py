"""GitHub: every webhook event in; the REST API for the complete listing, and for what its hooks failed to deliver.

docs.github.com/webhooks and /rest. What is odd: the kind of an event stands in a header, which is not signed; clocks
tick in seconds; a failed delivery is never sent again unless someone asks; a pull request is also listed as an issue.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import digest, form, instant, is_form, seconds, stream_name, typed, utf8
from ..ingest.newest_first import NewestFirst, Told, each
from ..ingest.pages import LinkHeader, Request, iso, items, listing, told, walk
from ..ingest.rulings import until_s
from ..ingest.signatures import Hmac
from ..ingest.source import (
    Census,
    Connection,
    Delivery,
    Event,
    Page,
    Pull,
    Rate,
    Reading,
    Ruling,
    Source,
    Stream,
    Webhook,
)
from ._github_code import fetch_code, list_code, read_code
from ._github_hooks import SUBSCRIPTIONS
from ._github_redelivery import read_hook_deliveries
from ._github_repositories import MOST, names, of_organization
from ._github_trees import CODE

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response

_Time = str | int | None


class _Record(msgspec.Struct):
    """What every record GitHub describes may say of itself."""

    id: int | None = None
    number: int | None = None
    state: str | None = None
    additions: int | None = None
    full_name: str | None = None
    created_at: _Time = None
    updated_at: _Time = None
    submitted_at: _Time = None
    published_at: _Time = None
    pull_request: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_ITSELF = ["pull_request", "deployment", "deployment_status", "release", "repository", "workflow_run", "check_suite"]
_ABOUT = {kind: kind for kind in _ITSELF} | {
    "issues": "issue",
    "issue_comment": "comment",
    "pull_request_review": "review",
    "pull_request_review_comment": "comment",
}
"""The events about one record that changes, with the key under which the body holds it."""


def _decoder(key: str) -> msgspec.json.Decoder[Any]:
    fields = [("action", str | None, None), ("record", _Record | None, None)]
    return msgspec.json.Decoder(msgspec.defstruct("_Body", fields, rename={"record": key}))


_bodies = {kind: _decoder(key) for kind, key in _ABOUT.items()}
_objects = msgspec.json.Decoder(msgspec.defstruct("_Object", []))
_records = msgspec.json.Decoder(_Record)


def read(delivery: Delivery) -> Sequence[Event]:
    """The one event of a delivery."""
    payload = utf8(delivery.body)
    if is_form(delivery.headers, payload):
        payload = form(payload).get("payload", "").encode()
    kind = delivery.headers.get("x-github-event", "")
    delivery_id = delivery.headers.get("x-github-delivery") or None
    if kind in _ABOUT:
        body, stream = typed(_bodies[kind], payload), "issue" if kind == "issues" else kind
        return [_about(stream, body.record or _Record(), payload, body.action or "", delivery_id)]
    typed(_objects, payload)
    dedupe = (delivery_id,) if delivery_id else ()
    return [Event(stream_name(kind), delivery_id or digest(payload), "event", payload, dedupe, delivery_id)]


def _about(stream: str, record: _Record, payload: bytes, action: str = "", delivery_id: str | None = None) -> Event:
    """The event of a record that changes, from either lane.

    Of versions with one clock, source_version puts on top a deletion, which leaves updated_at where it was; a
    dismissal, which has no clock; and a pull request with its size, which a listing leaves out.
    """
    if record.id is None:
        raise Unreadable("missing_entity", f"a body that does not say which {stream}")
    is_gone = action == "deleted" or (stream == "issue" and action == "transferred")
    is_dismissed = stream == "pull_request_review" and (record.state or "").lower() == "dismissed"
    detailed = "detailed" if record.additions is not None else None
    updated_at = _changed_at(stream, record)
    return Event(
        stream=stream,
        entity_id=str(record.id),
        operation="delete" if is_gone else "upsert",
        payload=payload,
        dedupe=(delivery_id,) if delivery_id else (),
        delivery_id=delivery_id,
        occurred_at=updated_at,
        source_updated_at=updated_at,
        source_version="deleted" if is_gone else "dismissed" if is_dismissed else detailed,
    )


def _changed_at(stream: str, record: _Record) -> datetime | None:
    if stream == "pull_request_review":
        return instant(record.submitted_at)
    return instant(record.updated_at) or instant(record.published_at) or instant(record.created_at)


def judge(response: "Response") -> Ruling:
    """403 is either a rate limit or a closed door: headers and message tell. 404, 409 (empty), 410 (feature off) and
    451 close one repository, not the account."""
    status, message = response.status, response.body[:500].decode(errors="replace").lower()
    if status == 304:
        return Ruling("empty", "not_modified")
    if status < 300:
        return Ruling("ok")
    is_limited = "rate limit" in message or "abuse" in message or response.headers.get("x-ratelimit-remaining") == "0"
    if status == 429 or (status == 403 and (is_limited or "retry-after" in response.headers)):
        return Ruling("retry", "rate_limited", _wait_s(response.headers))
    if status >= 500 or status == 408:
        return Ruling("retry", f"http_{status}")
    is_closed = status == 403 and ("not accessible" in message or "must have" in message or "access blocked" in message)
    if is_closed or status in (404, 409, 410, 422, 451):
        return Ruling("skip", f"http_{status}")
    return Ruling("refused", f"http_{status}")


def _wait_s(headers: Mapping[str, str]) -> float:
    """docs.github.com, "Best practices for using the REST API": retry-after, else until the reset, else a minute."""
    if (after_s := seconds(headers.get("retry-after"))) is not None:
        return after_s
    reset_s = seconds(headers.get("x-ratelimit-reset"))
    if headers.get("x-ratelimit-remaining") != "0" or reset_s is None:
        return 60.0
    return until_s(reset_s, headers) or 60.0


def _headers(connection: Connection) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {connection.credentials['token']}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }


_BY_UPDATE = {"sort": "updated", "direction": "desc"}
_OPEN_OR_NOT = {"state": "all", **_BY_UPDATE}
_WHOLE = Census(is_whole=True)  # listed without `since`, so what was deleted is not in it
_HAS_SINCE = frozenset(("issues", "issues/comments", "pulls/comments"))


def _repository(raw: bytes, reading: Reading) -> Event:
    return _about("repository", typed(_records, raw), raw)


_of_the_organization = listing(request=of_organization, event=_repository, paginator=LinkHeader())


def _read_repositories(reading: Reading) -> Iterator[Page]:
    named = reading.connection.options.get("repositories")
    if not named:
        yield from _of_the_organization(reading)
        return
    answers = (reading.http.ask(Request(f"repos/{name}")) for name in named)
    yield Page([_repository(answer.body, reading) for answer in answers if answer.ruling.kind == "ok"], {})


def _in_each(
    stream: str, path: str, params: Mapping[str, str], *, by: str = "updated_at", children: str = "", **how: Any
) -> Callable[[Reading], Iterator[Page]]:
    """The listing at path of every repository. With children, its records only lead to theirs, which are the stream."""

    def request(reading: Reading, name: str, floor: datetime | None) -> Request:
        since = {"since": iso(floor)} if floor and path in _HAS_SINCE else {}
        return Request(f"repos/{name}/{path}", params={**MOST, **params, **since})

    def tell(raw: bytes, name: str, reading: Reading) -> Told:
        record = typed(_records, raw)
        is_other = children or (stream == "issue" and record.pull_request is not msgspec.UNSET)
        event = None if is_other else _about(stream, record, raw)
        return Told(instant(getattr(record, by)), _changed_at("", record), event)

    def ask_children(raw: bytes, name: str, floor: datetime | None, reading: Reading) -> Iterator[Event]:
        record = typed(_records, raw)
        key = record.number if path == "pulls" else record.id
        first = Request(f"repos/{name}/{path}/{key}/{children}", params=MOST)
        for response, _ in walk(reading.http, first, LinkHeader()):
            for child in items(response.body) if response.ruling.kind == "ok" else ():
                yield told(child, None, lambda raw, _: _about(stream, typed(_records, raw), raw))

    one = NewestFirst(request, tell, LinkHeader(), children=ask_children if children else None, **how)
    return each(names, one)


_MADE: dict[str, Any] = {"by": "created_at", "reread": timedelta(days=30)}
"""Listed by creation. For 30 days a workflow may be run again; a deployment is given a new status hardly later."""

_streams = (
    Stream("repository", _read_repositories, every=timedelta(hours=1)),
    Stream("pull_request", _in_each("pull_request", "pulls", _OPEN_OR_NOT)),
    Stream("pull_request_review", _in_each("pull_request_review", "pulls", _OPEN_OR_NOT, children="reviews")),
    Stream("pull_request_review_comment", _in_each("pull_request_review_comment", "pulls/comments", _BY_UPDATE)),
    Stream("issue", _in_each("issue", "issues", _OPEN_OR_NOT), census=_WHOLE),
    Stream("issue_comment", _in_each("issue_comment", "issues/comments", _BY_UPDATE), census=_WHOLE),
    Stream("release", _in_each("release", "releases", {}, by="created_at", reread=None), every=timedelta(hours=1)),
    Stream("deployment", _in_each("deployment", "deployments", {}, **_MADE)),
    Stream("deployment_status", _in_each("deployment_status", "deployments", {}, children="statuses", **_MADE)),
    Stream("workflow_run", _in_each("workflow_run", "actions/runs", {}, records=("workflow_runs",), **_MADE)),
    Stream("hook_delivery", read_hook_deliveries, every=timedelta(minutes=15), census=None),
    Stream(
        "code_file",
        read_code,
        every=timedelta(hours=1),
        census=Census(list_code, fetch_code, is_whole=True, lag=timedelta(hours=2)),
    ),
)

source = Source(
    name="github",
    title="GitHub",
    webhook=Webhook(scheme=Hmac("x-hub-signature-256", prefix="sha256="), read=read, answer_within_s=10),
    pull=Pull(
        base_url="https://api.github.com/",
        headers=_headers,
        judge=judge,
        # 5,000 an hour and 900 a minute (docs.github.com, "Rate limits for the REST API"): burst and refill together.
        # A company's code takes hours to read at first: half of the hour is left to all else.
        rates={"": Rate(4500, per_s=3600, burst=500), CODE: Rate(2250, per_s=3600, burst=100)},
        streams=_streams,
    ),
    subscriptions=SUBSCRIPTIONS,
)
