"""Gong: calls through automation-rule webhooks and the API; transcripts and users through the API alone.

Facts: help.gong.io, "Create a webhook rule"; Gong API reference, "Calls", "Users". Odd here:
- an empty answer is a 404 with a sentence, and so is the answer to a key that may see no calls;
- calls are found by when they started, appear minutes to hours later, and are enriched for days: see `_begin`;
- ids are decimal text beyond 2^53; nothing carries a modification time, so the newer reading is the newer record, and
  a pulled one, which is complete, comes before a webhook's, which may be from before the call was processed.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ..errors import Unreadable, VendorUnavailable
from ..ingest.bodies import instant, typed, utf8
from ..ingest.pages import Request, Token, iso, items, listing, told, value, walk
from ..ingest.signatures import GongJwt
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

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


class _MetaData(msgspec.Struct, rename="camel"):
    """Of a call; a user has the id alone."""

    id: int | str | None = None
    started: str | None = None
    is_private: bool | None = None


class _Call(msgspec.Struct, rename="camel"):
    """A call as webhooks and /v2/calls/extensive show it."""

    meta_data: _MetaData | None = None


class _Body(_Call, rename="camel"):
    """Usually {callData, isTest}; one published sample is the call itself."""

    call_data: _Call | None = None
    is_test: bool | None = None


class _Transcript(msgspec.Struct, rename="camel"):
    call_id: str
    transcript: list[msgspec.Raw] = []


_body = msgspec.json.Decoder(_Body)
_call = msgspec.json.Decoder(_Call)
_listed = msgspec.json.Decoder(_MetaData)
_transcript = msgspec.json.Decoder(_Transcript)


def _read(delivery: Delivery) -> Sequence[Event]:
    body = typed(_body, utf8(delivery.body))
    about = (body.call_data or body).meta_data or _MetaData()
    if body.is_test:
        # "Test now" shows a made-up or a real call; neither is news.
        return [Event("call_test", "-" if about.id is None else str(about.id), "event", delivery.body)]
    return [_upsert("call", about, delivery.body)]


def _upsert(stream: str, about: _MetaData, payload: bytes, version: str | None = None) -> Event:
    if about.id in (None, ""):
        raise Unreadable("missing_entity", f"a {stream} without an id")
    return Event(stream, str(about.id), "upsert", payload, occurred_at=instant(about.started), source_version=version)


PULLED = "pulled"
"""The source_version of what was pulled. A webhook has none, which is older than any."""
LAG = timedelta(minutes=5)
"""The newest calls are left to the next run: what Gong is still processing is not listed yet."""
OVERLAP = timedelta(hours=2)
"""How far back every run reads: most calls are listed and transcribed within this."""
REREAD_DAYS = 7
"""How far back one run a day reads, as briefs, trackers and transcripts are filled in for days. Option reread_days."""
WINDOW = timedelta(days=90)
"""The most one listing spans, so that an interrupted backfill resumes nearby."""
TOKEN_LIFE = timedelta(hours=1)
"""Gong does not say how long a page token lives. Past this a resumed window is read from its start."""
PENDING = 1000
"""How many calls still without a transcript are remembered; those beyond are left to the daily reading."""
BATCH = 100
_FOUNDED = datetime(2015, 1, 1, tzinfo=UTC)

_CONTENT = (
    "brief topics outline trackers trackerOccurrences keyPoints structure highlights callOutcome pointsOfInterest"
)
_SELECTED = {
    "context": "Extended",
    "exposedFields": {
        "parties": True,
        "media": True,
        "content": dict.fromkeys(_CONTENT.split(), True),
        "interaction": dict.fromkeys(("video", "speakers", "questions", "personInteractionStats"), True),
        "collaboration": {"publicComments": True},
    },
}


class _Sweep(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where reading the calls stands: the cursor.

    since is the last finished run's end, reread_at when the long look-back last began. Within a run, position is the
    start of the window being read, on page token, and until the end of them all. pending are calls without a
    transcript so far, with their start.
    """

    since: datetime | None = None
    reread_at: datetime | None = None
    position: datetime | None = None
    until: datetime | None = None
    token: str | None = None
    pending: dict[str, datetime] = {}


def _begin(reading: Reading) -> _Sweep:
    """The run that was interrupted, or a new one that looks back from the last one's end."""
    sweep = msgspec.convert(reading.cursor, _Sweep)
    if sweep.position and sweep.until:
        is_stale = reading.now - sweep.until > TOKEN_LIFE
        return msgspec.structs.replace(sweep, token=None) if is_stale else sweep
    until = reading.now - LAG
    reread_from = until - timedelta(days=reading.connection.options.get("reread_days", REREAD_DAYS))
    is_reread_due = sweep.reread_at is None or reading.now - sweep.reread_at >= timedelta(days=1)
    if sweep.since is None:
        position = reading.connection.start_at or _FOUNDED
    else:
        position = min(sweep.since - OVERLAP, reread_from if is_reread_due else sweep.since)
    reread_at = reading.now if is_reread_due else sweep.reread_at
    return msgspec.structs.replace(sweep, position=position, until=until, reread_at=reread_at)


def _sweep(
    reading: Reading, begin: _Sweep, question: Callable[[datetime, datetime, str | None], Request]
) -> Iterator[tuple[list[bytes], _Sweep]]:
    """Pages of calls that started in the windows to read, each with what follows it."""
    sweep, until = begin, begin.until or reading.now
    while sweep.position and sweep.position < until:
        end = min(sweep.position + WINDOW, until)
        answer = reading.http.ask(question(sweep.position, end, sweep.token))
        is_ok = answer.ruling.kind == "ok"
        token = value(answer.body, "records", "cursor") if is_ok else None
        if token and token == sweep.token:
            raise VendorUnavailable("gong names a page of calls as its own next page")
        sweep = msgspec.structs.replace(sweep, token=token or None, position=sweep.position if token else end)
        if sweep.position == until:
            sweep = _Sweep(since=until, reread_at=sweep.reread_at, pending=sweep.pending)
        yield items(answer.body, "calls") if is_ok else [], sweep


def _calls(reading: Reading) -> Iterator[Page]:
    def question(start: datetime, end: datetime, token: str | None) -> Request:
        # POST endpoints ignore the query: the window and the token go into the body.
        asked = {"filter": _bounds(start, end), "contentSelector": _SELECTED} | ({"cursor": token} if token else {})
        return Request("v2/calls/extensive", "POST", json=asked, bucket="day")

    for calls, sweep in _sweep(reading, _begin(reading), question):
        yield Page([told(raw, reading, _called) for raw in calls], msgspec.to_builtins(sweep))


def _called(raw: bytes, reading: Reading) -> Event:
    return _upsert("call", typed(_call, raw).meta_data or _MetaData(), raw, PULLED)


def _transcripts(reading: Reading) -> Iterator[Page]:
    """Transcripts of the calls in the windows, and of those that had none before. Private calls are not asked for."""

    def question(start: datetime, end: datetime, token: str | None) -> Request:
        return Request("v2/calls", params=_bounds(start, end) | ({"cursor": token} if token else {}), bucket="day")

    sweep = _begin(reading)
    oldest = (sweep.until or reading.now) - timedelta(days=REREAD_DAYS)
    events, pending = _ask(reading, sweep.pending)
    sweep = msgspec.structs.replace(sweep, pending=pending)
    if events:
        yield Page(events, msgspec.to_builtins(sweep))
    for calls, after in _sweep(reading, sweep, question):
        listed = (typed(_listed, raw) for raw in calls)
        asked = {
            str(call.id): instant(call.started) or reading.now for call in listed if call.id and not call.is_private
        }
        events, missing = _ask(reading, asked)
        known = {one: at for one, at in pending.items() if one not in asked} | missing
        newest = sorted((item for item in known.items() if item[1] >= oldest), key=lambda item: item[1])[-PENDING:]
        pending = dict(newest)
        yield Page(events, msgspec.to_builtins(msgspec.structs.replace(after, pending=pending)))


def _ask(reading: Reading, calls: Mapping[str, datetime]) -> tuple[list[Event], dict[str, datetime]]:
    """The transcripts of these calls, and the calls that have none yet."""
    events, missing, ids = [], dict(calls), list(calls)
    for start in range(0, len(ids), BATCH):
        question = {"filter": {"callIds": ids[start : start + BATCH]}}
        for answer, _ in walk(reading.http, Request("v2/calls/transcript", "POST", json=question, bucket="day"), _NEXT):
            for raw in items(answer.body, "callTranscripts") if answer.ruling.kind == "ok" else ():
                found = typed(_transcript, raw)
                if found.transcript:
                    started = missing.pop(found.call_id, calls.get(found.call_id))
                    events.append(
                        Event("transcript", found.call_id, "upsert", raw, occurred_at=started, source_version=PULLED)
                    )
    return events, missing


_NEXT = Token(("records", "cursor"), "cursor", into="json")
_users = listing(
    request=lambda reading, since: Request("v2/users", bucket="day"),  # takes no bound: all of them each time
    event=lambda raw, reading: _upsert("user", typed(_listed, raw), raw, PULLED),
    records=("users",),
    paginator=Token(("records", "cursor"), "cursor"),
)


def _bounds(start: datetime, end: datetime) -> dict[str, str]:
    return {"fromDateTime": iso(start), "toDateTime": iso(end)}


_EMPTY = re.compile(rb"No .*found.*provided filters")


def _judge(response: "Response") -> Ruling:
    status = response.status
    if 200 <= status < 300:
        return Ruling("ok")
    if status == 404 and _EMPTY.search(response.body):
        return Ruling("empty")
    if status == 429:
        after = response.headers.get("retry-after", "")  # hours, once the day's quota is gone
        return Ruling("retry", "rate_limit", float(after) if after.isdigit() else None)
    if status in (408, 500, 502, 503, 504):
        return Ruling("retry", f"status_{status}")
    return Ruling("refused", f"status_{status}")


def _headers(connection: Connection) -> Mapping[str, str]:
    key = f"{connection.credentials['access_key']}:{connection.credentials['access_key_secret']}"
    return {"Authorization": f"Basic {base64.b64encode(key.encode()).decode()}"}


source = Source(
    name="gong",
    title="Gong",
    # Gong documents no limit and no retries: answer as the strictest vendor wants it.
    webhook=Webhook(scheme=GongJwt(), read=_read, answer_within_s=1.0),
    pull=Pull(
        base_url="https://api.gong.io/",  # each company has its own host, https://us-12345.api.gong.io
        headers=_headers,
        judge=_judge,
        # Of 3 a second and 10,000 a day for the company; what a burst takes is left out of the refill.
        rates={"": Rate(170, 60.0), "day": Rate(8_000, 86_400.0, burst=2_000)},
        streams=(
            Stream("user", _users, every=timedelta(hours=6), census=Census(is_whole=True)),
            Stream("call", _calls, every=timedelta(minutes=15), census=Census(lag=timedelta(hours=2))),
            Stream("transcript", _transcripts, every=timedelta(minutes=15), census=Census(lag=timedelta(hours=2))),
        ),
    ),
    by_hand=(
        "As a technical administrator, open Gong's automation rules and add a rule over the calls you want",
        "As its action choose Fire webhook, address {url}, authentication Signed JWT header",
        "Copy the public key the rule shows, and store it as a signing secret of this connection in place of {secret}",
        "Press Test now, then save the rule; a further rule has a key of its own, to be stored beside this one",
    ),
)
