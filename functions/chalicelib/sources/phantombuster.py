"""PhantomBuster: agents, their runs (containers) and the rows they found, which pile up in a file beside the API.

Facts: hub.phantombuster.com/docs/using-webhooks, /docs/api and /reference. Odd here:
- nothing is signed: a secret in the query of the address is all there is, and no header can be added;
- nothing carries a modification time: of a run, ended is newer than running, see `_container`;
- `finished` does not mean success: the exit code does;
- the saved argument of an agent holds session cookies of other sites: it never leaves this file.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import digest, instant, typed, utf8
from ..ingest.pages import OnePage, Request, items, listing, told, value
from ..ingest.rulings import by_status
from ..ingest.shared_secret import SharedSecret
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
from ._phantombuster_results import agent_ids, read_results

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


class _Ended(msgspec.Struct, rename="camel"):
    """What a delivery says of a run; ids are text, and numbers in older accounts."""

    container_id: str | int
    agent_id: str | int | None = None


class _Container(msgspec.Struct, rename="camel"):
    id: str | int
    status: str | None = None
    created_at: int | None = None
    ended_at: int | None = None


class _Agent(msgspec.Struct):
    id: str | int


_ended = msgspec.json.Decoder(_Ended)
_container = msgspec.json.Decoder(_Container)
_agent = msgspec.json.Decoder(_Agent)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])

_RUNNING, _TOLD_ENDED, _READ_ENDED = "0 running", "1 ended", "2 ended"
"""source_version: a run that was read while it ran is older than the delivery about its end, and that tells less than a
reading after it."""


def read(delivery: Delivery) -> Sequence[Event]:
    """The end of a run. It comes once a run, so the run's id is the delivery's too."""
    payload = utf8(delivery.body)
    entity_id = str(typed(_ended, payload).container_id)
    if not entity_id:
        raise Unreadable("missing_entity", "a run without an id")
    return [Event("container", entity_id, "upsert", payload, ("container_end", entity_id), source_version=_TOLD_ENDED)]


def _read_container(raw: bytes, reading: Reading) -> Event:
    """Times are milliseconds in the second version of the API."""
    container = typed(_container, raw)
    is_running = container.ended_at is None and container.status in ("starting", "running")
    return Event(
        "container",
        str(container.id),
        "upsert",
        _without_argument(raw),
        occurred_at=_ms(container.ended_at or container.created_at),
        source_version=_RUNNING if is_running else _READ_ENDED,
    )


def _ms(told_ms: int | None) -> datetime | None:
    return None if told_ms is None else instant(told_ms / 1000)


def _read_agent(raw: bytes, reading: Reading) -> Event:
    return Event("agent", str(typed(_agent, raw).id), "upsert", _without_argument(raw))


def _without_argument(raw: bytes) -> bytes:
    """The same bytes where there is none."""
    fields = _fields.decode(raw)
    held = [name for name in fields if "argument" in name.lower()]
    return msgspec.json.encode({name: fields[name] for name in fields if name not in held}) if held else raw


LONGEST = timedelta(days=1)
"""No run is let run longer; those that began before the last reading are read again for so long."""
PAGE = 50


def _containers(reading: Reading) -> Iterator[Page]:
    """The runs of every agent, newest first, as far back as any may have ended since the last reading.

    The cursor is {since} between runs of ours, and {since, until, after} within one, after being the agent read last.
    """
    cursor = reading.cursor
    until, after = cursor.get("until") or reading.now.isoformat(), cursor.get("after", "")
    marked = instant(cursor.get("since"))
    floor = marked - LONGEST if marked else reading.connection.start_at
    before = {"since": cursor["since"]} if marked else {}
    for agent_id in agent_ids(reading):
        if agent_id <= after:
            continue
        yield Page(_of_agent(reading, agent_id, floor), {**before, "until": until, "after": agent_id})
    yield Page([], {"since": until})


def _of_agent(reading: Reading, agent_id: str, floor: datetime | None) -> list[Event]:
    """A page ends where the next one, of runs that ended before it, begins. That the bound excludes its own
    millisecond is not documented, so it is asked for again."""
    events: dict[str, Event] = {}
    before_ms: int | None = None
    while True:
        params = {"agentId": agent_id, "mode": "all", "limit": PAGE, "beforeEndedAt": before_ms}
        answer = reading.http.ask(Request("api/v2/containers/fetch-all", params=params))
        raw_records = items(answer.body, "containers") if answer.ruling.kind == "ok" else []
        rows = [_shape(raw) for raw in raw_records]
        for raw, row in zip(raw_records, rows, strict=True):
            began_at = _ms(row.created_at)
            if floor is None or began_at is None or began_at >= floor or row.ended_at is None:
                events[str(row.id) or digest(raw)] = told(raw, reading, _read_container)
        ended = [row.ended_at for row in rows if row.ended_at is not None]
        is_more = answer.ruling.kind == "ok" and value(answer.body, "maxLimitReached") is True
        last_ms = min(ended, default=None)
        if not is_more or last_ms is None or (floor is not None and last_ms < floor.timestamp() * 1000):
            return list(events.values())
        # One more, unless that is where we already were: then a whole page lies in one millisecond.
        before_ms = last_ms if before_ms is not None and last_ms + 1 >= before_ms else last_ms + 1


def _shape(raw: bytes) -> _Container:
    """One that says nothing where it cannot be read: it is quarantined, and the walk goes on."""
    try:
        return typed(_container, raw)
    except Unreadable:
        return _Container("")


def _one_container(reading: Reading, entity_id: str) -> Event | None:
    answer = reading.http.ask(Request("api/v2/containers/fetch", params={"id": entity_id}))
    return _read_container(answer.body, reading) if answer.ruling.kind == "ok" else None


def _one_agent(reading: Reading, entity_id: str) -> Event | None:
    answer = reading.http.ask(Request("api/v2/agents/fetch", params={"id": entity_id}))
    return _read_agent(answer.body, reading) if answer.ruling.kind == "ok" else None


def judge(response: "Response") -> Ruling:
    """Both hosts': the store of files answers XML, with 403 for a file that is not there and may not be listed."""
    status = response.status
    if status == 304:
        return Ruling("empty", "not_modified")
    if status == 404 or (status == 403 and b"<Code>AccessDenied</Code>" in response.body):
        return Ruling("empty", f"http_{status}")
    return by_status(response)


def _headers(connection: Connection) -> Mapping[str, str]:
    """The reference also calls the header X-Phantombuster-Key; this is the one its guide names."""
    return {"X-Phantombuster-Key-1": connection.credentials["api_key"]}


source = Source(
    name="phantombuster",
    title="PhantomBuster",
    webhook=Webhook(
        scheme=SharedSecret("key", at="query"),
        read=read,
        answer_within_s=1.0,  # not documented: answer as the strictest vendor wants it
    ),
    pull=Pull(
        base_url="https://api.phantombuster.com/",
        headers=_headers,
        judge=judge,
        # Only rapid launches are known to be answered 429, and we launch nothing; no number is published.
        rates={"": Rate(120, per_s=60, burst=20)},
        streams=(
            Stream(
                "agent",
                listing(
                    request=lambda reading, since: Request("api/v2/agents/fetch-all"),
                    event=_read_agent,
                    paginator=OnePage(),
                ),
                every=timedelta(hours=1),
                census=Census(is_whole=True, fetch=_one_agent),
            ),
            Stream("container", _containers, every=timedelta(minutes=15), census=Census(fetch=_one_container)),
            # A row is found by reading its file whole, which is what the reading does.
            Stream("result", read_results, every=timedelta(minutes=15), census=None),
        ),
    ),
    by_hand=(
        "In PhantomBuster open the Phantom, then Settings, Notifications, Advanced notification settings",
        "Custom webhook: enter {url}?key={secret}",
        "Save, and do so for every Phantom: each has its own settings. The secret in the address is all the proof",
    ),
)
