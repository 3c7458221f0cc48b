"""Deliver webhooks to a receiver as the vendors would: signed when sent, tried again where the vendor tries again."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from . import vendors
from .delivery import Delivery
from .signing import sign

_FINAL = {400, 401, 403, 404, 405}
"""HubSpot does not try again after these. The others of us that retry are treated alike: no answer will change."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one delivery: the last status answered (0: nobody answered), after how many tries."""

    delivery: Delivery
    status_code: int
    tries: int
    answer: str = ""

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status_code < 300


@dataclass
class Ledger:
    """The sender's own books, to be compared with what the receiver says it has."""

    outcomes: list[Outcome] = field(default_factory=list)

    def sent(self) -> Counter[tuple[str, str]]:
        """Distinct business events sent, by source and stream: repetitions of one event count once."""
        return _distinct(self.outcomes)

    def answered(self) -> Counter[tuple[str, str]]:
        """Distinct business events in deliveries answered 2xx, by source and stream."""
        return _distinct(one for one in self.outcomes if one.is_accepted)

    def refused(self) -> list[Outcome]:
        return [one for one in self.outcomes if not one.is_accepted]

    def failed_guids(self) -> list[str]:
        """GitHub deliveries nobody took: report them to /_control/failed_deliveries, so that the hook lists them."""
        return [one.delivery.delivery_id for one in self.refused() if one.delivery.source == "github"]


def deliver(
    deliveries: Sequence[Delivery],
    to: str,
    public_base_url: str,
    vendors: Mapping[str, Mapping[str, Any]],
    *,
    connection_id: str = "default",
    workers: int = 4,
    on_progress: Callable[[Outcome], None] = lambda outcome: None,
    retry_after_s: float = 0.5,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
    transport: httpx.BaseTransport | None = None,
) -> Ledger:
    """Send all to `to`/hooks/<source>[/<connection_id>], started in their order, at most `workers` at a time.

    vendors is what each vendor keeps to sign with (credentials.py). retry_after_s stands for the minutes vendors wait
    before a retry; it doubles each time. on_progress is called from the caller's thread, once per delivery.
    """
    ledger = Ledger()
    limits = httpx.Limits(max_connections=workers, max_keepalive_connections=workers)
    with httpx.Client(timeout=30, limits=limits, transport=transport) as client, ThreadPoolExecutor(workers) as pool:
        post = _Poster(
            client, to.rstrip("/"), public_base_url.rstrip("/"), connection_id, vendors, clock, sleep, retry_after_s
        )
        try:
            for outcome in pool.map(post, deliveries):
                ledger.outcomes.append(outcome)
                on_progress(outcome)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return ledger


@dataclass(frozen=True)
class _Poster:
    client: httpx.Client
    to: str
    public_base_url: str
    connection_id: str
    vendors: Mapping[str, Mapping[str, Any]]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    retry_after_s: float

    def __call__(self, delivery: Delivery) -> Outcome:
        pause_s = self.retry_after_s
        tries = vendors.load(delivery.source).tries
        for attempt in range(1, tries + 1):
            outcome = self._once(delivery, attempt)
            if outcome.is_accepted or outcome.status_code in _FINAL or attempt == tries:
                return outcome
            self.sleep(pause_s)
            pause_s = min(pause_s * 2, 8)
        raise AssertionError("every source is tried at least once")

    def _once(self, delivery: Delivery, attempt: int) -> Outcome:
        path = f"/hooks/{delivery.source}" + ("" if self.connection_id == "default" else f"/{self.connection_id}")
        signed = sign(
            delivery.source,
            delivery.body,
            self.public_base_url + path,
            self.vendors[delivery.source],
            self.clock() + timedelta(seconds=delivery.skew_s),
            delivery.event_type,
            delivery.delivery_id,
            # Truncated JSON keeps the content type its vendor always sends.
            {"Content-Type": "application/json", **delivery.headers},
        )
        headers = signed.headers
        if delivery.source == "slack" and attempt > 1:
            headers |= {"X-Slack-Retry-Num": str(attempt - 1), "X-Slack-Retry-Reason": "http_error"}
        try:
            answer = self.client.post(
                self.to + signed.url.removeprefix(self.public_base_url), content=signed.body, headers=headers
            )
        except httpx.HTTPError:
            return Outcome(delivery, 0, attempt)
        return Outcome(delivery, answer.status_code, attempt, answer.text)


def _distinct(outcomes: Iterable[Outcome]) -> Counter[tuple[str, str]]:
    events = {(one.delivery.source, *event) for one in outcomes for event in one.delivery.events}
    return Counter((source, stream) for source, stream, _ in events)
