"""What `sophia sources` shows: the sources found, and what each lane carries."""

from pathlib import Path
from typing import Any

from chalicelib import sources

SAMPLES = Path(__file__).parents[1] / "events"


def describe() -> list[dict[str, Any]]:
    """One row per source, in alphabetical order."""
    found = []
    for name in sources.names():
        source = sources.load(name)
        assert source is not None
        found.append(
            {
                "source": name,
                "title": source.title,
                "webhook": type(source.webhook.scheme).__name__ if source.webhook else None,
                "answer within": f"{source.webhook.answer_within_s:g} s" if source.webhook else None,
                "pulled streams": ", ".join(stream.name for stream in source.pull.streams) if source.pull else None,
                "samples": len(list((SAMPLES / name / "samples").glob("*.json"))),
            }
        )
    return found
