"""What the name of a sample stands for, where its vendor tells something in headers and not in the body."""

import importlib
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Named:
    """event_type: of the vendors that name it in a header; headers: others with a meaning."""

    event_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def named(source: str, filename: str) -> Named:
    """What events/<source> knows of a file of that name; nothing where the name says nothing. Raises ImportError for a
    source that has no records."""
    records = importlib.import_module(f"events.{source}")
    event_type_of = getattr(records, "event_type_of", None)
    headers_of = getattr(records, "headers_of", None)
    return Named(event_type_of(filename) if event_type_of else None, headers_of(filename) if headers_of else {})
