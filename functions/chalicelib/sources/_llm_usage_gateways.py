"""What OpenRouter, Portkey and LiteLLM say was spent: their readings, each for the connections that name the gateway.

A connection's options say which: {"gateway": "openrouter"}, or, where one host serves several, their paths below it:
{"gateways": {"openrouter": "openrouter/api/v1", "litellm": "litellm"}}. Money stays as each gateway tells it, dollars
or Portkey's cents: staging makes it one currency.
Facts: OpenRouter's OpenAPI (2026-08), "activity", "keys"; Portkey's OpenAPI (2026-06), "analytics"; docs.litellm.ai,
"Spend Tracking". Unverified: the hour at which LiteLLM's start_date and end_date cut (so a day is asked for with the
next one), and the shape of Portkey's graphs but for its `summary`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import msgspec

from ..errors import ConfigurationMissing
from ..ingest.bodies import digest, instant, typed
from ..ingest.pages import Request, iso, items, told
from ..ingest.source import Connection, Event, Page, Reading
from ..log import log

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response

REREAD_DAYS = 3
"""How many days every run reads again: gateways book late."""
HISTORY = timedelta(days=365)
"""How far back a first reading goes where start_at does not say. Portkey's paid plans keep a year."""
WINDOW_DAYS = 1
"""How many days LiteLLM is asked for at once, for it answers in one page. Option window_days."""


class _Activity(msgspec.Struct):
    date: str
    model_permaslug: str
    endpoint_id: str | None = None
    workspace_id: str | None = None


class _Key(msgspec.Struct):
    hash: str
    created_at: str | None = None
    updated_at: str | None = None


class _Graph(msgspec.Struct):
    summary: dict[str, float | str | None]


class _SpendLog(msgspec.Struct):
    request_id: str | None = None
    start_time: str | None = msgspec.field(default=None, name="startTime")
    end_time: str | None = msgspec.field(default=None, name="endTime")


_activity_row = msgspec.json.Decoder(_Activity)
_key_row = msgspec.json.Decoder(_Key)
_graph = msgspec.json.Decoder(_Graph)
_spend_log_row = msgspec.json.Decoder(_SpendLog)


def gateways(connection: Connection) -> Mapping[str, str]:
    """The gateways a connection speaks to, each with its path below the base URL. Raises ConfigurationMissing."""
    found = connection.options.get("gateways") or {str(connection.options.get("gateway", "")): ""}
    if unknown := set(found) - {"openrouter", "portkey", "litellm"}:
        raise ConfigurationMissing(
            f"{connection.source}/{connection.connection_id} names no gateway, or {sorted(unknown)!r}: "
            'set its option "gateway" to openrouter, portkey or litellm'
        )
    return found


def _ask(reading: Reading, gateway: str, path: str, params: Mapping[str, object]) -> "Response":
    """Each gateway has a key of its own, so the key goes with the question; no cursor ever holds one."""
    connection = reading.connection
    key = connection.credentials.get(f"{gateway}_key")
    if not key:
        name = f"{connection.source}/{connection.connection_id}"
        raise ConfigurationMissing(f"the secret of {name} lacks '{gateway}_key': add it")
    headers = {"x-portkey-api-key": key} if gateway == "portkey" else {"Authorization": f"Bearer {key}"}
    path = f"{gateways(connection)[gateway].strip('/')}/{path}".lstrip("/")
    return reading.http.ask(Request(path, params=params, headers=headers, bucket=gateway))


def _by_day(
    gateway: str, ask: Callable[[Reading, date, int], list[Event]], is_today_read: bool = False
) -> Callable[[Reading], Iterator[Page]]:
    """A reading of one span of UTC days after the other, the last few days again each time. The cursor is the newest
    day read."""

    def read(reading: Reading) -> Iterator[Page]:
        if gateway not in gateways(reading.connection):
            return
        last = reading.now.astimezone(UTC).date() - timedelta(days=0 if is_today_read else 1)
        done = date.fromisoformat(reading.cursor["day"]) if "day" in reading.cursor else None
        day = done - timedelta(days=REREAD_DAYS - 1) if done else _first_day(reading)
        days = int(reading.connection.options.get("window_days", WINDOW_DAYS)) if is_today_read else 1
        while day <= last:
            until = min(day + timedelta(days=days), last + timedelta(days=1))
            done = max(until - timedelta(days=1), done or day)
            yield Page(ask(reading, day, (until - day).days), {"day": done.isoformat()})
            day = until

    return read


def _first_day(reading: Reading) -> date:
    """Option since, an ISO date, spares the days before the gateway was used."""
    since = reading.connection.options.get("since")
    start = reading.connection.start_at or reading.now - HISTORY
    return max(start.astimezone(UTC).date(), date.fromisoformat(since) if since else date.min)


def activity(reading: Reading) -> Iterator[Page]:
    """The last 30 completed UTC days, all in one answer, every time. What an outage of ours leaves out beyond them is
    lost for good, and the log says so."""
    if "openrouter" not in gateways(reading.connection):
        return
    response = _ask(reading, "openrouter", "activity", {})
    rows = items(response.body, "data") if response.ruling.kind == "ok" else []
    events = [told(raw, reading, _activity_event) for raw in rows]
    days = sorted(event.entity_id[:10] for event in events if event.occurred_at)
    newest = str(reading.cursor.get("day", ""))
    if newest and days and newest < days[0]:
        about = {"source": reading.connection.source, "connection_id": reading.connection.connection_id}
        log.error("usage_may_be_lost", **about, after_day=newest, before_day=days[0])
    yield Page(events, {"day": max([newest, *days[-1:]])} if newest or days else {})


def _activity_event(raw: bytes, reading: Reading) -> Event:
    row = typed(_activity_row, raw)
    # The key that the vendor's rows have in common; endpoint_id alone is shared by the versions of a model.
    parts = (row.date[:10], row.endpoint_id or "-", row.model_permaslug, row.workspace_id)
    entity_id = "/".join(part for part in parts if part)
    return Event("openrouter_activity", entity_id, "upsert", raw, occurred_at=instant(row.date))


def keys(reading: Reading) -> Iterator[Page]:
    """Every key there is, each time: the listing takes no bound."""
    if "openrouter" not in gateways(reading.connection):
        return
    offset, seen = 0, set[str]()
    while True:
        response = _ask(reading, "openrouter", "keys", {"offset": offset})
        rows = items(response.body, "data") if response.ruling.kind == "ok" else []
        events = [told(raw, reading, _key_event) for raw in rows]
        new = [one for one in events if one.entity_id not in seen]
        yield Page(new, {})
        if not new:  # also where a gateway ignores the offset
            return
        seen |= {one.entity_id for one in new}
        offset += len(rows)


def _key_event(raw: bytes, reading: Reading) -> Event:
    row = typed(_key_row, raw)
    # Usage goes up without updated_at: of two readings with the same clock the later one counts.
    return Event("openrouter_key", row.hash, "upsert", raw, source_updated_at=instant(row.updated_at or row.created_at))


GRAPHS = ("cost", "tokens", "requests")


def _graphs(reading: Reading, day: date, days: int) -> list[Event]:
    """The totals of one day, nothing for a day without calls. Of single calls Portkey tells by an export job alone,
    which is fetched from another host: not read."""
    start = datetime.combine(day, time(), UTC)
    bounds: dict[str, object] = {
        "time_of_generation_min": iso(start),
        "time_of_generation_max": iso(start + timedelta(days=days)),
        "workspace_slug": reading.connection.options.get("workspace_slug"),
    }
    events = []
    for graph in GRAPHS:
        answer = _ask(reading, "portkey", f"analytics/graphs/{graph}", bounds)
        if answer.ruling.kind == "ok":
            about = Event("portkey_graph", f"{day.isoformat()}/{graph}", "upsert", answer.body, occurred_at=start)
            events += [event for event in [told(answer.body, about, _total)] if event]
    return events


def _total(raw: bytes, about: Event) -> Event | None:
    """The event, unless the graph is empty. Numbers may come as text."""
    summary = typed(_graph, raw).summary
    return about if float(summary.get("total") or 0) else None


def _spend_logs(reading: Reading, day: date, days: int) -> list[Event]:
    # The end is asked for as the next day: whether it is included is not documented, and a row read twice is one row.
    bounds = {"start_date": day.isoformat(), "end_date": (day + timedelta(days=days)).isoformat()}
    return _spend_events(_ask(reading, "litellm", "spend/logs", bounds | {"summarize": "false"}), reading)


def _spend_events(response: "Response", reading: Reading) -> list[Event]:
    rows = items(response.body) if response.ruling.kind == "ok" else []
    return [told(raw, reading, _spend_event) for raw in rows]


def _spend_event(raw: bytes, reading: Reading) -> Event:
    row = typed(_spend_log_row, raw)
    return Event(
        "litellm_spend_log",
        # LiteLLM has logged calls without an id: BerriAI/litellm#6633.
        row.request_id or digest(raw),
        "upsert",
        raw,
        occurred_at=instant(row.start_time),
        source_updated_at=instant(row.end_time or row.start_time),
    )


def spend_log(reading: Reading, request_id: str) -> Event | None:
    """One call as LiteLLM has it now; None where it has none of that id."""
    if "litellm" not in gateways(reading.connection):
        return None
    found: Sequence[Event] = _spend_events(
        _ask(reading, "litellm", "spend/logs", {"request_id": request_id, "summarize": "false"}), reading
    )
    return next((one for one in found if one.entity_id == request_id), None)


graphs = _by_day("portkey", _graphs)
spend_logs = _by_day("litellm", _spend_logs, is_today_read=True)
