"""Asana: tasks, their stories, projects, sections and users. Webhooks and event streams only hint at what changed.

Facts: Asana's OpenAPI description; developers.asana.com, "Webhooks guide", "Rate limits". Odd here:
- an event has no id; webhooks and `/events` tell the same one in the same words, so both lanes make one event of it;
- a subtask is listed by its parent alone, and changing it does not modify the parent: see `subtask`;
- only events tell of deletions. A sync token lives a day at most; asking without one, or with one that has expired, is
  answered by a 412 with the next.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import instant, stream_name, typed, utf8
from ..ingest.newest_first import NewestFirst, Told, each
from ..ingest.pages import Request, iso, items, told, value
from ..ingest.rulings import by_status
from ..ingest.signatures import Hmac
from ..ingest.source import (
    Answer,
    Census,
    Connection,
    Delivery,
    Event,
    Greeting,
    Page,
    Pull,
    Rate,
    Reading,
    Ruling,
    Source,
    Stream,
    Webhook,
)
from ._asana_listings import (
    FIELDS,
    NEXT,
    batches,
    below,
    every_task,
    fetch,
    listed,
    projects,
    record,
    request,
    whole,
    workspaces,
)
from ._asana_webhooks import subscriptions

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


class _Reference(msgspec.Struct):
    gid: str | None = None
    resource_type: str | None = None


class _Change(msgspec.Struct):
    field: str | None = None


class _Happening(msgspec.Struct):
    """One entry of a webhook's body, and of an event stream."""

    resource: _Reference
    action: str = ""
    created_at: str | None = None
    parent: _Reference | None = None
    user: _Reference | None = None
    change: _Change | None = None


class _Body(msgspec.Struct):
    events: list[msgspec.Raw]


_body = msgspec.json.Decoder(_Body)
_happening = msgspec.json.Decoder(_Happening)
_NOBODY = _Reference()


def _greet(delivery: Delivery) -> Greeting | None:
    """Asana asks while it is making the webhook, and brings the secret only this once."""
    secret = delivery.headers.get("x-hook-secret")
    return Greeting(Answer("", headers={"X-Hook-Secret": secret}), secret) if secret else None


def _read(delivery: Delivery) -> Sequence[Event]:
    """One event per entry; an empty list is the heartbeat of every eight hours."""
    happened = typed(_body, utf8(delivery.body)).events
    if not happened:
        return [Event("heartbeat", "-", "event", delivery.body)]
    return [told(bytes(raw), delivery, _hint) for raw in happened]


def _hint(raw: bytes, about: object) -> Event:
    """`removed` says that it left its parent, only `deleted` that it is gone."""
    one = typed(_happening, raw)
    if not one.resource.gid:
        raise Unreadable("missing_entity", "an event that does not say about what")
    is_gone, at = one.action == "deleted", instant(one.created_at)
    parent, user, change = one.parent or _NOBODY, one.user or _NOBODY, one.change or _Change()
    said = (one.resource.gid, one.action, change.field, one.created_at, parent.gid, user.gid)
    return Event(
        stream=stream_name(one.resource.resource_type),
        entity_id=one.resource.gid,
        operation="delete" if is_gone else "partial",
        payload=raw,
        dedupe=("event", *(part or "" for part in said)),
        occurred_at=at,
        source_updated_at=at,
        source_version="deleted" if is_gone else None,
    )


def _all_of(stream: str, parts: Callable[[Reading], Iterable[str]]) -> Callable[[Reading], Iterator[Page]]:
    """A reading of all that the parts list, of which what has not changed is passed over where Asana says when."""

    def tell(raw: bytes, part: str, reading: Reading) -> Told:
        changed_at = instant(record(raw).modified_at)
        return Told(changed_at, changed_at, whole(stream, raw))

    return each(
        parts,
        NewestFirst(lambda reading, part, floor: listed(stream, part, FIELDS[stream]), tell, NEXT, ("data",), None),
    )


def _of_tasks(
    fields: str,
    event: Callable[[bytes], Event | None] = lambda raw: None,
    children: Callable[[bytes, str, datetime | None, Reading], Iterable[Event] | None] | None = None,
    is_since: bool = True,
) -> Callable[[Reading], Iterator[Page]]:
    """A reading of each project's tasks, which Asana lists in no order; is_since: those modified since.

    It chooses them by its own clock, which a new story moves too, so all that it lists is told.
    """

    def asked(reading: Reading, project: str, floor: datetime | None) -> Request:
        since = {"modified_since": iso(floor)} if floor and is_since else {}
        return request("tasks", fields, project=project, **since)

    def tell(raw: bytes, project: str, reading: Reading) -> Told:
        at = instant(record(raw).modified_at)
        return Told(at or reading.now, at, event(raw), is_always_told=True)

    return each(projects, NewestFirst(asked, tell, NEXT, ("data",), reread=None, children=children))


def _stories(task: bytes, project: str, floor: datetime | None, reading: Reading) -> Iterator[Event]:
    for batch in batches(reading, request(f"tasks/{record(task).gid}/stories", FIELDS["story"])):
        yield from (told(raw, reading, lambda raw, _: whole("story", raw)) for raw in batch)


def _subtasks(task: bytes, project: str, floor: datetime | None, reading: Reading) -> Iterator[Event] | None:
    one = record(task)
    if not one.num_subtasks:
        return None
    found = (raw for batch in below(reading, one.gid, FIELDS["task"]) for raw in batch)
    return (told(raw, reading, lambda raw, _: whole("task", raw)) for raw in found)


def _events(reading: Reading) -> Iterator[Page]:
    """What the projects' event streams tell since their sync tokens: the deletions above all.

    What happened before a token, or while one was expired, is not told. What changed then is read by the other streams,
    which need no token; what was deleted then is found by the census.
    """
    tokens, after = dict(reading.cursor.get("sync", {})), reading.cursor.get("after", "")
    known = sorted(set(projects(reading)))
    for project in known:
        is_more = project > after
        while is_more:
            asked = tokens.get(project)
            answer = reading.http.ask(Request("events", params={"resource": project, "sync": asked}))
            if answer.ruling.kind != "ok":
                break
            events = [told(raw, reading, _hint) for raw in items(answer.body, "data")]
            tokens[project] = value(answer.body, "sync") or asked
            is_more = value(answer.body, "has_more") is True and tokens[project] != asked
            after = after if is_more else project
            yield Page(events, {"sync": dict(tokens), "after": after})
    yield Page([], {"sync": {project: tokens[project] for project in known if tokens.get(project)}})


def _judge(response: "Response") -> Ruling:
    """402 is an endpoint of a dearer plan, 403 and 404 a door that is closed; 412 brings the sync token it asks for."""
    status = response.status
    if status == 412:
        return Ruling("ok")
    if status == 400 and b"offset" in response.body:
        return Ruling("forgotten", "offset")
    if status in (402, 403, 404, 451):
        return Ruling("skip", f"http_{status}")
    return by_status(response)


def _headers(connection: Connection) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {connection.credentials['access_token']}"}


_INDEXED = timedelta(minutes=2)

source = Source(
    name="asana",
    title="Asana",
    # "Webhooks guide": 10 s. It gives up after 24 hours of failures, and deletes the webhook.
    webhook=Webhook(Hmac("x-hook-signature"), _read, answer_within_s=10, greet=_greet),
    pull=Pull(
        base_url="https://app.asana.com/api/1.0/",
        headers=_headers,
        judge=_judge,
        # 150 a minute on free plans, 1,500 on paid ones ("Rate limits"): the option rate_factor 10 is for those.
        rates={"": Rate(130, per_s=60, burst=20)},
        streams=(
            Stream("user", _all_of("user", workspaces), timedelta(hours=6), Census(fetch=fetch("user"), is_whole=True)),
            Stream(
                "project",
                _all_of("project", workspaces),
                timedelta(minutes=15),
                Census(fetch=fetch("project"), is_whole=True),
                hinted_by=("project",),
            ),
            Stream(
                "section",
                _all_of("section", projects),
                timedelta(hours=1),
                Census(fetch=fetch("section"), is_whole=True),
                hinted_by=("section",),
            ),
            Stream(
                "task",
                _of_tasks(FIELDS["task"], lambda raw: whole("task", raw)),
                census=Census(every_task, fetch("task"), is_whole=True, lag=_INDEXED),
                hinted_by=("task",),
            ),
            # Not by hints: they do not tell a subtask from a task, and a reading asks about every task that has any.
            Stream(
                "subtask",
                _of_tasks("modified_at,num_subtasks", children=_subtasks, is_since=False),
                every=timedelta(hours=1),
                census=None,  # told as tasks, and counted with them
            ),
            Stream(
                "story",
                _of_tasks("modified_at", children=_stories),
                every=timedelta(minutes=15),
                census=Census(fetch=fetch("story"), lag=_INDEXED),
                hinted_by=("story",),
            ),
            Stream("event", _events, census=None),
        ),
    ),
    subscriptions=subscriptions,
)
