"""A vendor that is a function, for the tests of what sources pull, and the payloads they are fed."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chalicelib.errors import VendorForgot, VendorSaysNo, VendorUnavailable
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Connection, Delivery, Event, Reading, Source
from chalicelib.ingest.vendor_http import Response

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT.parent / "shared" / "fixtures"
NOW = datetime(2025, 11, 20, 18, 0, tzinfo=UTC)


def answer(body: Any, status: int = 200, **headers: str) -> Response:
    """A response with that body as JSON, or bytes; an underscore in a header's name stands for a hyphen."""
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, lines, body if isinstance(body, bytes) else json.dumps(body).encode())


def sample(source: str, name: str) -> bytes:
    return (ROOT / "events" / source / "samples" / name).read_bytes()


def delivery(source: str, body: bytes, **headers: str) -> Delivery:
    """An authentic one, headers as in answer."""
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery(source, "default", "POST", f"https://hooks.payready.example/hooks/{source}", lines, body, NOW)


def entities(events: Iterable[Event]) -> set[str]:
    return {event.entity_id for event in events}


class FakeVendor:
    """Asks a function instead of a vendor, and rules its answers as the source would. Never tries again."""

    def __init__(self, source: Source, told: Callable[[Request], Any]) -> None:
        self.source, self.told = source, told
        self.asked: list[Request] = []

    def ask(self, request: Request) -> Response:
        self.asked.append(request)
        told = self.told(request)
        response = told if isinstance(told, Response) else answer(told)
        assert self.source.pull
        ruling = self.source.pull.judge(response)
        if ruling.kind == "refused":
            raise VendorSaysNo(ruling.reason)
        if ruling.kind == "forgotten":
            raise VendorForgot(ruling.reason)
        if ruling.kind == "retry":
            raise VendorUnavailable(ruling.reason, response.status)
        return dataclasses.replace(response, ruling=ruling)

    def paths(self) -> list[str]:
        return [request.path for request in self.asked]

    def read(
        self,
        stream: str,
        cursor: Mapping[str, Any] | None = None,
        *,
        now: datetime = NOW,
        start_at: datetime | None = None,
        most_pages: int | None = None,
        **options: Any,
    ) -> tuple[list[Event], dict[str, Any]]:
        """What the stream tells, and the cursor it leaves after its last page or after most_pages of them."""
        assert self.source.pull
        read = next(one.read for one in self.source.pull.streams if one.name == stream)
        connection = Connection(self.source.name, "default", "https://vendor.example/", {}, options, start_at)
        events: list[Event] = []
        left = dict(cursor or {})
        for number, page in enumerate(read(Reading(self, connection, cursor or {}, now)), start=1):  # type: ignore[arg-type]
            events += page.events
            left = json.loads(json.dumps(page.cursor))
            if number == most_pages:
                break
        return events, left

    def read_with_a_stop_after_every_page(self, stream: str, **how: Any) -> tuple[list[Event], dict[str, Any]]:
        """The same by runs that are each killed after their first page, the next one beginning at its cursor."""
        events, cursor = list[Event](), dict[str, Any]()
        for _ in range(500):
            told, following = self.read(stream, cursor, most_pages=1, **how)
            events += told
            if not {"after", "within", "resume"} & following.keys():
                return events, following
            assert following != cursor, f"{stream} makes no progress at {cursor}"
            cursor = following
        raise AssertionError(f"{stream} comes to no end")
