"""The rows PhantomBuster's agents found: read from each agent's result.json, which grows with every run.

The file lies in a public bucket under two random folder names; no key goes there. It holds every row ever found, one a
profile or more, in an order that says nothing, mixed with rows that only say what failed. Columns vary by phantom.
Options of the connection:
    result_names: {"<agent id>": "name.json"}        for agents whose result file was given another name
    results_url: where the folders lie, by default PhantomBuster's bucket
Facts: hub.phantombuster.com/docs; integrations seen working (2nd-hand).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import digest, instant
from ..ingest.pages import Request, items, told, value
from ..ingest.source import Event, Page, Reading

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response

OVERLAP = timedelta(days=1)
"""Rows are told again this far below the newest one, for a run may write them late."""
BUCKET = "https://phantombuster.s3.amazonaws.com/"
KEYS = ("profileurl", "linkedinprofileurl", "vmid", "linkedinprofileid", "companyurl", "url")
"""What tells one row from another, in order of preference; their case varies between phantoms. The last three are not
in our facts (unverified); without any of them a row is its content."""

_row = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text = msgspec.json.Decoder(str)


def agent_ids(reading: Reading) -> list[str]:
    """The ids of all agents, in an order that is the same in every run."""
    answer = reading.http.ask(Request("api/v2/agents/fetch-all"))
    return sorted(str(value(raw, "id")) for raw in items(answer.body) if value(raw, "id") is not None)


class _File(msgspec.Struct, frozen=True):
    """How far one agent's file was read: its version then, and the newest time any row bore."""

    etag: str | None = None
    newest: datetime | None = None


class _Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """The cursor: files by agent, and within a run the agent read last."""

    files: dict[str, _File] = {}
    after: str = ""


def read_results(reading: Reading) -> Iterator[Page]:
    """The rows of every agent whose file changed. A file that is older than the run it belongs to is asked for again by
    the next run: only a changed one is sent whole."""
    standing = msgspec.convert(reading.cursor, _Standing)
    files, agents = dict(standing.files), agent_ids(reading)
    for agent_id in agents:
        if agent_id > standing.after:
            events, files[agent_id] = _of_agent(reading, agent_id, files.get(agent_id) or _File())
            yield Page(events, msgspec.to_builtins(_Standing(files, agent_id)))
    left = {agent_id: file for agent_id, file in files.items() if agent_id in agents}
    yield Page([], msgspec.to_builtins(_Standing(left)))


def _of_agent(reading: Reading, agent_id: str, known: _File) -> tuple[list[Event], _File]:
    """The rows not yet told, and how far that is. A row without a time is told whenever the file changed."""
    answer = _fetch(reading, agent_id, known)
    if answer is None:
        return [], known
    found = list(rows(items(answer.body), agent_id, reading))
    floor = known.newest - OVERLAP if known.newest else None
    fresh = [one for one in found if floor is None or one.occurred_at is None or one.occurred_at >= floor]
    times = [known.newest, *(one.occurred_at and min(one.occurred_at, reading.now) for one in found)]
    newest = max((at for at in times if at), default=None)
    return fresh, _File(answer.headers.get("etag"), newest)


def _fetch(reading: Reading, agent_id: str, known: _File) -> "Response | None":
    """None where the file is as before, or not there."""
    about = reading.http.ask(Request("api/v2/agents/fetch", params={"id": agent_id}))
    if about.ruling.kind != "ok":
        return None
    organization, folder = value(about.body, "orgS3Folder"), value(about.body, "s3Folder")
    if not organization or not folder:
        return None
    options = reading.connection.options
    name = options.get("result_names", {}).get(agent_id, "result.json")
    path = "/".join(quote(str(part), safe="") for part in (organization, folder, name))
    wanted = {"If-None-Match": known.etag} if known.etag else {}
    answer = reading.http.ask(Request(options.get("results_url", BUCKET) + path, headers=wanted, is_public=True))
    return answer if answer.ruling.kind == "ok" else None


def rows(raw_rows: Iterable[bytes], agent_id: str, reading: Reading) -> Iterator[Event]:
    """Of several rows about one profile the newest, by their own time or else by their place; failures all."""
    newest: dict[tuple[str, str], Event] = {}
    for raw in raw_rows:
        event = told(raw, reading, lambda raw, reading: row(raw, agent_id))
        key = event.stream, event.entity_id
        known = newest.get(key)
        if known and known.source_updated_at and event.source_updated_at:
            event = max((known, event), key=_clock)
        newest[key] = event
    yield from newest.values()


def _clock(event: Event) -> float:
    return event.source_updated_at.timestamp() if event.source_updated_at else 0.0


def row(raw: bytes, agent_id: str) -> Event:
    """A row with an error says what could not be found (or is the header of the agent's input): it is a fact of its
    own and never hides what was found before."""
    fields = _row.decode(raw)
    if not fields:
        raise Unreadable("unexpected_record", "a row without columns")
    named = {name.lower(): told for name, told in fields.items()}
    at = _instant(_words(named.get("timestamp")))
    if _words(named.get("error")):
        return Event("result_error", f"{agent_id}/{digest(raw)}", "event", raw, occurred_at=at)
    key = next((found for name in KEYS if (found := _words(named.get(name)))), "") or digest(raw)
    payload = msgspec.json.encode({"agentId": agent_id, "row": msgspec.Raw(raw)})
    return Event("result", f"{agent_id}/{key}", "upsert", payload, occurred_at=at, source_updated_at=at)


def _words(raw: msgspec.Raw | None) -> str:
    """What a column says; empty for null and nothing. Numbers and the like are as they are written."""
    if raw is None or bytes(raw) in (b"null", b"false"):
        return ""
    try:
        return _text.decode(raw).strip()
    except msgspec.ValidationError:
        return bytes(raw).decode()


def _instant(text: str) -> datetime | None:
    return instant(text) if text else None
