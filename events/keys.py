"""Where objects lie in the lake. Every key is made here, so a layout has one place to change."""

import hashlib
from collections.abc import Iterable
from datetime import date

EVENTS = "events"
CLAIMS = "claims"


def events_object(source: str, stream: str, day: date, event_ids: Iterable[str]) -> str:
    """The key of one object of envelopes: events/<source>/<stream>/<yyyy-mm-dd>/<hash>.ndjson.gz.

    The name is a hash of the ids in it, whatever their order: writing the same envelopes again replaces the object.
    """
    name = hashlib.sha256("\n".join(sorted(event_ids)).encode()).hexdigest()[:32]
    return f"{EVENTS}/{source}/{stream}/{day.isoformat()}/{name}.ndjson.gz"


def claim(source: str, day: date, name: str) -> str:
    """The key of a delivery too large for the queue, which travels as a claim check."""
    return f"{CLAIMS}/{source}/{day.isoformat()}/{name}.ndjson.gz"
