"""Where objects lie in the lake. Every key is made here, so a layout has one place to change."""

import hashlib
from collections.abc import Iterable
from datetime import date

EVENTS = "events"
CLAIMS = "claims"
INDEXES = "indexes"


def events_object(source: str, stream: str, day: date, event_ids: Iterable[str]) -> str:
    """The key of one object of envelopes: events/<source>/<stream>/<yyyy-mm-dd>/<hash>.ndjson.gz.

    The name is a hash of the ids in it, whatever their order: writing the same envelopes again replaces the object.
    """
    name = hashlib.sha256("\n".join(sorted(event_ids)).encode()).hexdigest()[:32]
    return f"{EVENTS}/{source}/{stream}/{day.isoformat()}/{name}.ndjson.gz"


def claim(source: str, day: date, name: str) -> str:
    """The key of a delivery too large for the queue, which travels as a claim check."""
    return f"{CLAIMS}/{source}/{day.isoformat()}/{name}.ndjson.gz"


def events_of(source: str, stream: str) -> str:
    """What the keys of a stream's objects begin with; a day (yyyy-mm-dd) follows."""
    return f"{EVENTS}/{source}/{stream}/"


def day_of(key: str) -> str:
    """The day in the key of an object of envelopes."""
    return key.split("/")[3]


def index(source: str, connection_id: str) -> str:
    """The key of the index of what we have of a connection: indexes/<source>/<connection>.sqlite3.gz."""
    return f"{INDEXES}/{source}/{connection_id}.sqlite3.gz"
