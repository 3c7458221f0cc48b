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


def with_webhooks() -> list[str]:
    """The names of the sources that deliver."""
    return [name for name in sources.names() if (source := sources.load(name)) and source.webhook]


def pulled_streams() -> dict[str, list[str]]:
    """By source, the names of the streams that are pulled."""
    loaded = {name: sources.load(name) for name in sources.names()}
    return {
        name: [stream.name for stream in source.pull.streams]
        for name, source in loaded.items()
        if source and source.pull
    }
