"""Opaque cursors: where the next page starts, and a number that makes each one new."""

import base64
import itertools
import json
from typing import Any

_serial = itertools.count(1)


def to_cursor(position: Any) -> str:
    text = json.dumps([position, next(_serial)])
    return base64.urlsafe_b64encode(text.encode()).decode()


def position_of(cursor: str) -> Any:
    """Raises ValueError for what was never given out."""
    try:
        return json.loads(base64.urlsafe_b64decode(cursor.encode()))[0]
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"no cursor of ours: {cursor!r}") from error
