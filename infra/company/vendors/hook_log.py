"""GitHub's record of what its hooks delivered, attempt by attempt, and the redelivery of one on request."""

import itertools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from ..delivery import Delivery
from ..render.github import iso
from ..signing import sign

Post = Callable[[Delivery], Awaitable[int]]
"""Delivers, and gives the status answered, 0 where nobody did."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver; status_code 0 when no answer came."""

    id: int
    delivery: Delivery
    at: datetime
    status_code: int
    is_redelivery: bool = False

    @property
    def status(self) -> str:
        if 200 <= self.status_code < 300:
            return "OK"
        return f"Invalid HTTP Response: {self.status_code}" if self.status_code else "failed to connect to host"


class HookLog:
    """Attempts in the order made."""

    def __init__(self, sent: Iterable[Delivery], lost: Iterable[Delivery], at: datetime) -> None:
        self.attempts: list[Attempt] = []
        self._numbers = itertools.count(70_000_000_001)
        for deliveries, status_code in ((sent, 200), (lost, 502)):
            for delivery in deliveries:
                if delivery.source == "github" and delivery.events[0][0] != "quarantine":
                    self._note(delivery, at, status_code)

    def of_hook(self, hook_id: int) -> list[Attempt]:
        """Newest first."""
        return [attempt for attempt in reversed(self.attempts) if attempt.delivery.hook_id == hook_id]

    def find(self, hook_id: int, attempt_id: int) -> Attempt | None:
        return next((one for one in self.of_hook(hook_id) if one.id == attempt_id), None)

    def mark_failed(self, guids: Iterable[str], at: datetime, status_code: int = 503) -> int:
        """Deliveries the receiver refused when they were really sent; tells how many were known."""
        known = {attempt.delivery.delivery_id: attempt.delivery for attempt in self.attempts}
        failed = [known[guid] for guid in guids if guid in known]
        for delivery in failed:
            self.attempts = [one for one in self.attempts if one.delivery.delivery_id != delivery.delivery_id]
            self._note(delivery, at, status_code)
        return len(failed)

    async def redeliver(self, attempt: Attempt, at: datetime, post: Post) -> None:
        self._note(attempt.delivery, at, await post(attempt.delivery), is_redelivery=True)

    def _note(self, delivery: Delivery, at: datetime, status_code: int, is_redelivery: bool = False) -> None:
        self.attempts.append(Attempt(next(self._numbers), delivery, at, status_code, is_redelivery))


def told(attempt: Attempt, action: str | None, repository_id: int) -> dict[str, object]:
    """An attempt as the API lists it."""
    return {
        "id": attempt.id,
        "guid": attempt.delivery.delivery_id,
        "delivered_at": iso(attempt.at),
        "redelivery": attempt.is_redelivery,
        "duration": 0.27,
        "status": attempt.status,
        "status_code": attempt.status_code,
        "event": attempt.delivery.event_type,
        "action": action,
        "installation_id": None,
        "repository_id": repository_id,
        "throttled_at": None,
    }


def poster(
    receiver: str,
    public_base_url: str,
    kept: Mapping[str, Any],
    clock: Callable[[], datetime],
    transport: httpx.AsyncBaseTransport | None = None,
) -> Post:
    """Posts to the receiver, signed at that moment for the public address."""

    async def post(delivery: Delivery) -> int:
        path = f"/hooks/{delivery.source}"
        url = public_base_url.rstrip("/") + path
        signed = sign("github", delivery.body, url, kept, clock(), delivery.event_type, delivery.delivery_id)
        try:
            async with httpx.AsyncClient(timeout=10, transport=transport) as client:
                answer = await client.post(receiver.rstrip("/") + path, content=signed.body, headers=signed.headers)
        except httpx.HTTPError:
            return 0
        return answer.status_code

    return post
