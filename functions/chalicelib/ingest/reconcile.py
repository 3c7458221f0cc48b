"""Three witnesses of one stream compared: what came by webhook, what came by pull, what the vendor says it has.

What is missing, changed unseen or deleted unseen is repaired at once: by the record as the vendor lists it, by a
targeted fetch, or by a tombstone. Then everything is counted again, and the count is the finding.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from events.sophia import Completeness

from ..errors import VendorError, VendorSaysNo
from .census import Batch, is_open, listed
from .known_records import Known, KnownRecords, clock, content, instant_of
from .source import Census, Event, Reading, Stream, Window

MASS = 20
"""More unlisted records than this, and more than a fifth of those that live, are not taken for deleted when nobody can
be asked about them one by one: a lost permission looks the same. They are told, and left."""
MOST_FETCHED = 2_000
"""How many unlisted records one check asks about; the others are left to the next."""
_BATCH = 100


@dataclass
class _Tally:
    """What was found and done within one window."""

    lacking: int = 0
    """Of the records listed."""
    missing: int = 0
    stale: int = 0
    deleted_unseen: int = 0
    unlisted: int = 0
    repaired: int = 0
    unrepaired: int = 0
    repair_requests: int = 0
    newest_at: datetime | None = None


@dataclass(frozen=True)
class Check:
    """One stream of one connection in one window. known holds everything that has landed of it; land makes the events
    of repairs durable, or raises. believes_listing: somebody asked the vendor, and what a whole listing leaves out is
    gone, however much it is."""

    stream: Stream
    census: Census
    reading: Reading
    window: Window
    known: KnownRecords
    land: Callable[[Sequence[Event]], None]
    believes_listing: bool = False
    tally: _Tally = field(default_factory=_Tally)

    def run(self) -> Completeness:
        """The finding, once every repair is durable. Where the vendor cannot be asked to the end, it says so."""
        http = self.reading.http
        requests, received, skipped, error, total = http.requests, http.received_bytes, http.skipped, None, None
        self.known.begin()
        try:
            for batch in listed(self.stream, self.census, self.reading, self.window):
                self._take(batch)
            for ids in _batches(self._unlisted(is_partial=http.skipped > skipped)):
                self._land([found for one in ids if (found := self._gone_or_changed(one))])
            total = self.census.total(self.reading, self.window) if self.census.total else None
        except VendorError as failure:
            error = str(failure)
        counted, tally = self.known.count(self.stream.name), self.tally
        return Completeness(
            source=self.reading.connection.source,
            connection_id=self.reading.connection.connection_id,
            stream=self.stream.name,
            window_start=self.window.start,
            window_end=self.window.end,
            checked_at=self.reading.now,
            listed=counted.listed,
            vendor_total=total,
            by_webhook=counted.by_webhook,
            by_pull=counted.by_pull,
            held_before=counted.listed - tally.lacking,
            held=counted.held,
            missing=tally.missing,
            stale=tally.stale,
            deleted_unseen=tally.deleted_unseen,
            unlisted=tally.unlisted,
            repaired=tally.repaired,
            unrepaired=tally.unrepaired,
            requests=http.requests - requests,
            received_bytes=http.received_bytes - received,
            repair_requests=tally.repair_requests,
            newest_at=tally.newest_at,
            error=error,
        )

    def _take(self, batch: Batch) -> None:
        """Compare what the vendor lists with what we have, and land what we lack. What is open it only has not lost."""
        self.known.list(batch.settled)
        self.known.list(batch.open_, is_open=True)
        told = [one.source_updated_at for one in batch.settled if one.source_updated_at]
        self.tally.newest_at = max([*told, *([self.tally.newest_at] if self.tally.newest_at else [])], default=None)
        lacking = [one for one in batch.settled if self._is_lacking(one)]
        self.tally.lacking += len(lacking)
        self._land([found for one in lacking if (found := self._whole(one))])

    def _is_lacking(self, listed: Event) -> bool:
        known, is_deleted = self.known.find(self.stream.name, listed.entity_id), listed.operation == "delete"
        if known is None:
            self.tally.missing += not is_deleted
            self.tally.deleted_unseen += is_deleted
            return True
        is_older = (known.clock, known.version) < (clock(listed), listed.source_version or "")
        if is_deleted:
            is_news = not known.is_deleted and known.clock <= clock(listed)
            self.tally.deleted_unseen += is_news
            return is_news
        # A version without a clock differs by its content; one listed by its id alone cannot be told apart.
        is_other = clock(listed) < 0 and bool(listed.payload) and known.content != content(listed)
        is_stale = is_older or is_other or known.is_deleted
        self.tally.stale += is_stale
        return is_stale

    def _whole(self, listed: Event) -> Event | None:
        """The record to land: as listed, or fetched where only its id was, or where we had buried it."""
        known = self.known.find(self.stream.name, listed.entity_id)
        is_buried = known is not None and known.is_deleted and known.clock >= clock(listed)
        if listed.payload and not is_buried:
            return listed
        found = self._fetched(listed.entity_id) if self.census.fetch else self._risen(listed, known)
        if found is None or found.operation == "delete":
            self.tally.unrepaired += not is_buried  # a list that still names what is gone only lags
            return None
        # It lives, whatever the clock of its grave: restored, and the vendor did not move its clock.
        return dataclasses.replace(found, source_updated_at=self.reading.now) if is_buried else found

    def _risen(self, listed: Event, known: Known | None) -> Event | None:
        """A record we had buried and the vendor lists, where it was deleted so long ago that a list would have left it
        out."""
        died_at = instant_of(known.clock) if known else None
        is_settled = died_at is not None and died_at < self.reading.now - self.census.lag
        return listed if is_settled and listed.payload else None

    def _unlisted(self, is_partial: bool) -> Sequence[str]:
        """Records we take for alive and the vendor does not name, as far as somebody can say what became of them. Of a
        list that is partial because something in it is closed to us, nobody can."""
        name, census = self.stream.name, self.census
        ids = self.known.unlisted(name, None if census.is_whole else self.window.start, self.window.end)
        self.tally.unlisted = len(ids)
        if census.fetch:
            self.tally.unrepaired += max(0, len(ids) - MOST_FETCHED)
            return ids[:MOST_FETCHED]
        if not census.is_whole:
            return []
        is_mass = len(ids) > MASS and len(ids) > self.known.living(name) / 5
        if is_partial or (is_mass and not self.believes_listing):
            self.tally.unrepaired += len(ids)
            return []
        return ids

    def _gone_or_changed(self, entity_id: str) -> Event | None:
        """A tombstone for what is gone, the record where it changed, None where the vendor just left it out."""
        known = self.known.find(self.stream.name, entity_id)
        try:
            now_is = self._fetched(entity_id)
        except VendorSaysNo:
            self.tally.unrepaired += 1  # closed to us is not gone
            return None
        if now_is is None or now_is.operation == "delete":
            self.tally.deleted_unseen += 1
            return now_is or self._tombstone(entity_id, known.clock if known else -1)
        # What changed since has left a window of the vendor's clock. A whole census would have listed it.
        if not self.census.is_whole and is_open(now_is, self.window, self.reading.now):
            return None
        is_news = known is None or (known.clock, known.version) < (clock(now_is), now_is.source_version or "")
        self.tally.stale += is_news
        return now_is if is_news else None

    def _tombstone(self, entity_id: str, last_clock: int) -> Event:
        """Dated by the last version we know: of one clock a delete is newer, and what comes back wins again."""
        payload = {"deleted": True, "found_missing_at": self.reading.now, "by": "reconciliation"}
        return Event(
            self.stream.name,
            entity_id,
            "delete",
            msgspec.json.encode(payload),
            dedupe=("tombstone", self.stream.name, entity_id, str(last_clock)),
            source_updated_at=instant_of(last_clock),
        )

    def _fetched(self, entity_id: str) -> Event | None:
        """The record as it is now; None where the vendor has it no longer, or nobody can ask. Raises VendorSaysNo."""
        if self.census.fetch is None:
            return None
        before = self.reading.http.requests
        try:
            return self.census.fetch(self.reading, entity_id)
        finally:
            self.tally.repair_requests += self.reading.http.requests - before

    def _land(self, events: Sequence[Event]) -> None:
        if events:
            self.land(events)
            self.known.add(events, self.reading.now)
            self.tally.repaired += len(events)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]
