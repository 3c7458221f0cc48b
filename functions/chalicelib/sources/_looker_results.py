"""The results of looks and queries an operator names, one record each: its newest rows, and whether they are all.

Options of the connection:
    looks: ["42", ...]                                                  ids of saved looks
    queries: {"units by month": {"model": …, "view": …, "fields": […], "filters": {…}, "sorts": […]}}
    result_rows: 5000, result_minutes: 60                               the most rows, and how often each is run

Queries may take minutes, so each is run as a query task: begun in one run, its results asked for at once and, while it
still runs, by the next runs. A task whose results Looker no longer keeps (404) is begun again. A query that Looker
refuses is quarantined, and the others go on; refused credentials stop them all.
Looker 4.0 API: POST /queries, POST /query_tasks, GET /query_tasks/{id}/results.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from ..errors import Unreadable, VendorSaysNo
from ..ingest.pages import Request, told, value
from ..ingest.source import Event, Page, Reading

ROWS = 5000
MINUTES = 60


class Result(msgspec.Struct):
    """The payload of a result. rows are as Looker wrote them, {"view.field": value}; exactly the limit of them means
    that there may be more."""

    kind: str
    id: str
    limit: int
    is_truncated: bool
    rows: list[msgspec.Raw]


_rows = msgspec.json.Decoder(list[msgspec.Raw])


class _Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """The cursor: when each result was last begun, and the tasks still running, both by the result's id."""

    begun: dict[str, datetime] = {}
    tasks: dict[str, str] = {}


def read_results(reading: Reading) -> Iterator[Page]:
    """Each named look and query in turn, where it is due or still running."""
    standing = msgspec.convert(reading.cursor, _Standing)
    wanted = _wanted(reading.connection.options)
    begun = {one: at for one, at in standing.begun.items() if one in wanted}
    tasks = {one: task for one, task in standing.tasks.items() if one in wanted}
    every = timedelta(minutes=reading.connection.options.get("result_minutes", MINUTES))
    due = [one for one in wanted if one in tasks or one not in begun or reading.now - begun[one] >= every]
    if due:
        reading.http.ask(
            Request("user")
        )  # ourselves: whoever may not even ask this is refused here, not query by query
    for one in due:
        try:
            event = _run(reading, one, wanted[one], begun, tasks)
        except VendorSaysNo as refusal:
            tasks.pop(one, None)
            event = _failed(one, str(refusal), reading)
        yield Page([event] if event else [], msgspec.to_builtins(_Standing(begun, tasks)))


def _wanted(options: Mapping[str, Any]) -> dict[str, Mapping[str, Any] | str]:
    """By the result's id: the id of a look, or a query in Looker's words."""
    looks = {f"look/{look_id}": str(look_id) for look_id in options.get("looks", ())}
    return {**looks, **{f"query/{name}": query for name, query in options.get("queries", {}).items()}}


def _run(
    reading: Reading, one: str, wanted: Mapping[str, Any] | str, begun: dict[str, datetime], tasks: dict[str, str]
) -> Event | None:
    """The result, if its task has ended; the task is then forgotten. One that Looker lost is due again at once."""
    if one not in tasks:
        begun[one] = reading.now
        task = _begin(reading, wanted)
        if task is None:
            return _failed(one, "there is no such look, or no query behind it", reading)
        tasks[one] = task
    answer = reading.http.ask(Request(f"query_tasks/{quote(tasks[one], safe='')}/results"))
    if answer.ruling.reason == "still_running":
        return None
    del tasks[one]
    if answer.ruling.kind == "ok":
        return told(answer.body, reading, lambda raw, reading: _result(one, raw, reading))
    del begun[one]
    return None


def _begin(reading: Reading, wanted: Mapping[str, Any] | str) -> str | None:
    """The id of a new task; None where a look is gone."""
    rows = reading.connection.options.get("result_rows", ROWS)
    if isinstance(wanted, str):
        answer = reading.http.ask(Request(f"looks/{quote(wanted, safe='')}"))
        query_id = value(answer.body, "query_id") if answer.ruling.kind == "ok" else None
    else:
        # limit is text in Looker's API, and a query without one is cut at a default.
        query = {"query_timezone": "UTC", **wanted, "limit": str(rows)}
        query_id = value(reading.http.ask(Request("queries", "POST", json=query)).body, "id")
    if query_id is None:
        return None
    # That limit overrides a look's own is from memory (unverified); where it does not, fewer rows than it come.
    task = {"query_id": str(query_id), "result_format": "json"}
    answer = reading.http.ask(Request("query_tasks", "POST", params={"limit": rows}, json=task))
    task_id = value(answer.body, "id")
    return None if task_id is None else str(task_id)


def _result(one: str, raw: bytes, reading: Reading) -> Event:
    """A query that failed may be answered with 200 and an object that holds errors: it is no list, so it is refused."""
    try:
        rows = _rows.decode(raw)
    except msgspec.ValidationError:
        raise Unreadable("query_failed", f"the answer to {one!r} is no list of rows") from None
    limit = reading.connection.options.get("result_rows", ROWS)
    kind, _, name = one.partition("/")
    payload = msgspec.json.encode(Result(kind, name, limit, len(rows) >= limit, rows))
    return Event("result", one, "upsert", payload)


def _failed(one: str, reason: str, reading: Reading) -> Event:
    """Quarantined, so that it is seen and the other results go on."""

    def event(raw: bytes, reading: Reading) -> Event:
        raise Unreadable("query_failed", f"{one!r}: {reason}")

    return told(one.encode(), reading, event)
