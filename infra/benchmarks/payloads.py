"""What the benchmarks land: published payloads where their folder lies beside the repository, else our samples."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from chalicelib import sources
from events.envelope import Envelope

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT.parent / "shared" / "fixtures"


def payloads(count: int) -> list[bytes]:
    """So many JSON objects as compact bytes, each with a number of its own, from every source in turn."""
    folders = [FIXTURES / name if FIXTURES.exists() else ROOT / "events" / name / "samples" for name in sources.names()]
    files = [path for folder in folders for path in sorted(folder.glob("*.json"))]
    records = [json.loads(path.read_text()) for path in files]
    objects = [record for record in records if isinstance(record, dict)]
    return [
        json.dumps(record | {"bench_number": number}, separators=(",", ":")).encode()
        for number, record in zip(range(count), itertools.cycle(objects), strict=False)
    ]


def origin() -> str:
    return "published payloads of the four vendors" if FIXTURES.exists() else "the repository's samples"


def envelopes(count: int, start: int = 0) -> Iterator[Envelope]:
    """So many payloads in envelopes of four streams, numbered from start."""
    for number, payload in enumerate(payloads(count), start):
        yield Envelope(
            event_id=f"{number:032x}",
            source="benchmark",
            stream=f"stream_{number % 4}",
            entity_id=str(number),
            operation="upsert",
            lane="webhook",
            connection_id="default",
            received_at=datetime.now(UTC),
            payload=msgspec.Raw(payload),
            body_sha256="0" * 64,
            trace_id=f"1-00000000-{number:024x}",
            envelope_version=1,
        )
