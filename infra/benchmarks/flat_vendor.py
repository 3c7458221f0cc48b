"""A vendor of flat records without limits, for the clients that are measured: python -m infra.benchmarks.flat_vendor N.

Prints its port, then answers GET /things?cursor=… with pages of 1,000 of its N records until its input ends.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from subprocess import PIPE, Popen
from typing import cast

import uvloop

from chalicelib.ingest.bodies import instant
from chalicelib.ingest.pages import Request, Token, listing
from chalicelib.ingest.source import Census, Event, Pull, Rate, Reading, Ruling, Source, Stream

PAGE = 1000
STARTED = datetime(2026, 1, 1, tzinfo=UTC)


def record(number: int) -> dict[str, object]:
    """Some 300 bytes, as a CRM's contact without its custom fields."""
    updated = STARTED + timedelta(seconds=number % 20_000_000)
    return {
        "id": f"{10_000_000 + number * 7919 % 1_000_003:08d}",
        "updated_at": updated.isoformat(),
        "email": f"resident{number}@example.com",
        "first_name": "Ada",
        "last_name": f"Number {number}",
        "phone": "+1 555 0100",
        "city": "Sacramento",
        "lifecycle_stage": "customer",
        "owner_id": number % 40,
        "score": number % 100,
    }


def _event(raw: bytes, reading: Reading) -> Event:
    told = json.loads(raw)
    return Event("thing", told["id"], "upsert", raw, source_updated_at=instant(told["updated_at"]))


SOURCE = Source(
    name="flat",
    title="Flat",
    webhook=None,
    pull=Pull(
        base_url="http://127.0.0.1/",
        headers=lambda connection: {},
        judge=lambda response: Ruling("ok") if response.status == 200 else Ruling("refused"),
        rates={"": Rate(1_000_000, 1.0, burst=1_000_000)},
        streams=(
            Stream(
                "thing",
                listing(
                    request=lambda reading, since: Request("things"),
                    event=_event,
                    records=("things",),
                    paginator=Token(("next",), "cursor"),
                ),
                census=Census(),
            ),
        ),
    ),
)


@contextmanager
def running(count: int) -> Iterator[str]:
    """Its base URL, for the length of the block."""
    command = [sys.executable, "-m", "infra.benchmarks.flat_vendor", str(count)]
    with Popen(command, stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout and process.stdin
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        process.stdin.close()


class _Pages(asyncio.Protocol):
    """HTTP/1.1 without bodies in the requests, one after another on a kept connection."""

    def __init__(self, count: int, made: dict[int, bytes]) -> None:
        self._count, self._made, self._held = count, made, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            line, self._held = self._held[:end].split(b"\r\n", 1)[0], self._held[end + 4 :]
            place = int(line.split(b"cursor=", 1)[1].split()[0]) if b"cursor=" in line else 0
            answer = self._made.get(place) or self._page(place)
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer)
            self._transport.write(head + answer)

    def _page(self, place: int) -> bytes:
        end = min(place + PAGE, self._count)
        told = {"things": [record(one) for one in range(place, end)], "next": str(end) if end < self._count else None}
        self._made[place] = json.dumps(told, separators=(",", ":")).encode()
        return self._made[place]


async def _serve(count: int) -> None:
    loop, made = asyncio.get_running_loop(), dict[int, bytes]()
    for place in range(0, count, PAGE):  # made before anything is measured
        _Pages(count, made)._page(place)
    server = await loop.create_server(lambda: _Pages(count, made), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)  # whoever started us holds the other end, and may be killed
    server.close()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
