"""Apollo.io: contacts and accounts by search; the results of enrichment requests by callback.

docs.apollo.io. What is odd: no event webhooks, only a callback to the URL a single enrichment request names, unsigned;
searches show 50,000 rows and no change feed, so that only a complete listing finds what was deleted; the limits are
counted by endpoint, a minute, an hour and a day at a time.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from ..errors import Unreadable, VendorUnavailable
from ..ingest.bodies import digest, instant, seconds, typed, utf8
from ..ingest.newest_first import NewestFirst, Told, each
from ..ingest.pages import Request, items, told, value, walk
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
    Window,
)

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


class _Record(msgspec.Struct):
    id: str
    created_at: str | None = None
    updated_at: str | None = None


class _Results(msgspec.Struct):
    people: list[msgspec.Raw] = []


class _Callback(msgspec.Struct):
    """Apollo publishes the reply of its polling endpoint, {webhook_status, webhook_result: {people}}, and by example a
    callback that is the result itself. Which of them a callback is has not been seen: both are read (unverified)."""

    request_id: int | str | None = None
    webhook_result: _Results | None = None
    people: list[msgspec.Raw] | None = None


class _Person(msgspec.Struct):
    id: str | None = None


_record = msgspec.json.Decoder(_Record)
_callback = msgspec.json.Decoder(_Callback)
_person = msgspec.json.Decoder(_Person)


def _read(delivery: Delivery) -> Sequence[Event]:
    """One event a person. request_id is a signed 64-bit number: its digits are kept as text."""
    body = typed(_callback, utf8(delivery.body))
    request_id = None if body.request_id is None else str(body.request_id)
    people = body.people if body.people is not None else body.webhook_result.people if body.webhook_result else None
    if people is None:
        raise Unreadable("unexpected_shape", "a callback without people")
    batch = request_id or digest(delivery.body)
    return [_enriched(bytes(raw), batch, request_id) for raw in people] or [
        # Nobody was found: that this request is answered is worth knowing.
        Event("enrichment", batch, "event", delivery.body, (batch, "none"), request_id)
    ]


def _enriched(raw: bytes, batch: str, request_id: str | None) -> Event:
    person_id = typed(_person, raw).id or digest(raw)
    # Emails and phone numbers may come in callbacks of their own, and a retry repeats the bytes: the content decides.
    return Event("enrichment", f"{batch}/{person_id}", "event", raw, (batch, person_id, digest(raw)), request_id)


PAGE_ROWS = 100
MOST_PAGES = 500
"""docs.apollo.io, "Search for Contacts": no filter shows more than 50,000 rows."""
SHOWN_ROWS = PAGE_ROWS * MOST_PAGES
OVERLAP = timedelta(minutes=10)
LAG = timedelta(minutes=15)
"""How late the search shows a change is not published (unverified)."""
_WHOLE = "whole"
_STAGE = "stage:"  # before "whole": parts are read in the order of their names


class _ByPage:
    def following(self, request: Request, response: "Response") -> Request | None:
        asked = dict(request.json or {})
        pages = value(response.body, "pagination", "total_pages")
        if not isinstance(pages, int) or asked["page"] >= min(pages, MOST_PAGES):
            return None
        return dataclasses.replace(request, json={**asked, "page": asked["page"] + 1})


@dataclasses.dataclass(frozen=True)
class _Search:
    """The search of one kind of record: contact or account."""

    name: str

    def question(self, part: str, sort: str, is_ascending: bool, rows: int = PAGE_ROWS) -> Request:
        shard = {f"{self.name}_stage_ids": [part.removeprefix(_STAGE)]} if part.startswith(_STAGE) else {}
        order = {"sort_by_field": f"{self.name}_{sort}", "sort_ascending": is_ascending}
        asked = {"page": 1, "per_page": rows, **order, **shard}
        return Request(f"{self.name}s/search", "POST", json=asked, bucket=f"{self.name}s")

    def total(self, reading: Reading) -> int:
        """How many there are in all, whatever is shown of them."""
        answer = reading.http.ask(self.question(_WHOLE, "updated_at", False, rows=1))
        found = value(answer.body, "pagination", "total_entries")
        if not isinstance(found, int):
            raise Unreadable("unexpected_shape", "a search without pagination.total_entries")
        return found

    def stages(self, reading: Reading) -> list[str]:
        answer = reading.http.ask(Request(f"{self.name}_stages", bucket=f"{self.name}_stages"))
        return [_STAGE + typed(_record, raw).id for raw in items(answer.body, f"{self.name}_stages")]

    def parts(self, reading: Reading) -> list[str]:
        """All at once where everything to read is shown; a first reading of more goes stage by stage, then over the
        newest of all, among which are those without a stage."""
        is_first = _WHOLE not in reading.cursor.get("newest", {})
        return [*(self.stages(reading) if is_first and self.total(reading) > SHOWN_ROWS else ()), _WHOLE]

    def everything(self, reading: Reading, window: Window) -> Iterator[Sequence[Event]]:
        """All that lives, oldest first, until one pass has seen as many as there were before and after it: a deletion
        moves what follows it over the edge of a page.

        Raises VendorUnavailable where that does not come about, so that nothing seen is taken for gone.
        """
        for _ in range(3):
            before, seen = self.total(reading), set[str]()
            for part in self.stages(reading) if before > SHOWN_ROWS else [_WHOLE]:
                for answer, _ in walk(reading.http, self.question(part, "created_at", True), _ByPage()):
                    events = [told(raw, reading, self.event) for raw in items(answer.body, f"{self.name}s")]
                    seen |= {one.entity_id for one in events}
                    yield events
            if before == len(seen) == self.total(reading):
                return
        raise VendorUnavailable(f"apollo's listing of {self.name}s does not hold still: reconciled next time")

    def event(self, raw: bytes, reading: Reading) -> Event:
        record = typed(_record, raw)
        at = instant(record.updated_at)
        return Event(self.name, record.id, "upsert", raw, occurred_at=at, source_updated_at=at)

    def tell(self, raw: bytes, part: str, reading: Reading) -> Told:
        event = self.event(raw, reading)
        return Told(event.source_updated_at, event.source_updated_at, event)

    def reading(self) -> Callable[[Reading], Iterator[Page]]:
        newest_first = NewestFirst(
            request=lambda reading, part, floor: self.question(part, "updated_at", False),
            tell=self.tell,
            paginator=_ByPage(),
            records=(f"{self.name}s",),
            overlap=OVERLAP,
        )
        return each(self.parts, newest_first)

    def stream(self) -> Stream:
        census = Census(records=self.everything, is_whole=True, lag=LAG)
        return Stream(self.name, self.reading(), every=timedelta(minutes=15), census=census)


def _judge(response: "Response") -> Ruling:
    status = response.status
    if status < 300:
        return Ruling("ok")
    if status == 429:
        # "The maximum number of api calls allowed for … is 600 times per hour."
        return Ruling("retry", "rate_limit", seconds(response.headers.get("retry-after")))
    if status >= 500 or status == 408:
        return Ruling("retry", f"http_{status}")
    if status == 404:
        return Ruling("skip", "http_404")
    return Ruling("refused", "API_INACCESSIBLE" if b"API_INACCESSIBLE" in response.body else f"http_{status}")


def _headers(connection: Connection) -> Mapping[str, str]:
    return {"x-api-key": connection.credentials["api_key"]}


# Searching one's own contacts counts as a default request: at the least 200 a minute, 400 an hour; 6,000 a day on most
# paid plans. Burst and refill together stay below each.
_OF_AN_ENDPOINT = Rate(5_600, per_s=86_400, burst=150)

source = Source(
    name="apollo",
    title="Apollo.io",
    # Neither a limit nor the retries are published, only that there may be some.
    webhook=Webhook(scheme=SharedSecret("key", at="query"), read=_read, answer_within_s=5.0),
    pull=Pull(
        base_url="https://api.apollo.io/api/v1/",
        headers=_headers,
        judge=_judge,
        rates={"": Rate(170, per_s=60, burst=20), "contacts": _OF_AN_ENDPOINT, "accounts": _OF_AN_ENDPOINT},
        streams=(_Search("contact").stream(), _Search("account").stream()),
    ),
    by_hand=(
        "Apollo sends nothing by itself. Whoever asks it to enrich people (POST /people/match or /people/bulk_match "
        "with reveal_phone_number or a waterfall) names {url}?key={secret} as webhook_url; the answers then come here.",
        "In Apollo, open Settings, Integrations, API, and create a key that may search contacts and accounts; put it "
        "into the secret as api_key.",
    ),
)
