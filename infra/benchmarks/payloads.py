"""What the benchmarks land: published payloads where their folder lies beside the repository, else our samples."""

import itertools
import json
from pathlib import Path

from chalicelib import sources

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
