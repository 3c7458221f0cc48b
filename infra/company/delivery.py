"""One HTTP request a vendor would make to us: its bytes, and what we should find in them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Delivery:
    """Not signed yet: that happens at the moment of sending.

    events are the (stream, key) of each business event in the body; the key is what the vendor offers to recognise a
    repetition by. is_repairable: were this delivery lost, a later pull would bring the same state. skew_s is how wrong
    the vendor's clock is when it signs. hook_id is GitHub's. headers are those that carry meaning beside the body.
    """

    source: str
    event_type: str
    body: bytes
    delivery_id: str
    at: datetime
    events: tuple[tuple[str, str], ...]
    is_repairable: bool = True
    skew_s: float = 0.0
    hook_id: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def to_json(payload: Any, is_ascii: bool = False) -> bytes:
    """Compact JSON. Slack escapes what is not ASCII, the others send UTF-8."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=is_ascii).encode()
