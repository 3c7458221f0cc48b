"""What an operator configures of a custom webhook: how it is proven, and where its events tell what they are.

It stands under "webhook" in the connection's secret, beside "signing_secrets":

    {"scheme": "standard", "stream": "$.type", "streams": {"invoice.*": "invoice"}, "id": "data.id",
     "operations": {"*.deleted": "delete", "*": "upsert"}, "updated_at": "timestamp"}

A path is dotted, "data.items.0.id", and may begin with "$."; where a plain word means something too (stream, operation,
delivery_id) the "$." is what makes it a path.
"""

from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec

from events.envelope import Operation

from ..errors import Unreadable

OPERATIONS = frozenset(get_args(Operation))


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """scheme `standard` needs nothing else; `bearer` may name its header and prefix; `hmac` names its header, and a
    template with {body} and, where the sender signs its clock, {timestamp}."""

    scheme: Literal["standard", "bearer", "hmac"]
    header: str = ""
    prefix: str | None = None
    signed: str = "{body}"
    encoding: Literal["hex", "base64"] = "hex"
    digest: Literal["sha256", "sha1"] = "sha256"
    part: str = ""
    """The piece of a composite header (`t=1,v1=abc`) that holds the signature."""
    timestamp: str = ""
    timestamp_at: Literal["header", "part", "body"] = "header"
    timestamp_unit: Literal["s", "ms", "rfc3339"] = "s"
    tolerance_s: int = 300

    stream: str = ""
    """A stream's name, or the path to what `streams` maps to one."""
    streams: dict[str, str] = {}
    """By pattern (`invoice.*`), the first that fits. Without it the text itself, what is no letter or digit as `_`."""
    id: str = ""
    """The path of the record's id. Without it every event is a record of its own."""
    operation: str = ""
    """A word, or a path; without it what `stream` points at. `operations` maps it."""
    operations: dict[str, Operation] = {}
    """By pattern, the first that fits. Without it the word itself where it is one of ours, else `event`."""
    updated_at: str = ""
    version: str = ""
    occurred_at: str = ""
    delivery_id: str = ""
    """A header, or a path, that is the same when a delivery is sent again. `standard` has webhook-id."""
    batch: str = ""
    """The path to a list of events, "$" for a body that is one; `ndjson` for one event a line."""


def settings_of(configured: Mapping[str, Any]) -> Settings:
    """Raises Unreadable("misconfigured"), which says what to fix and quotes no secret."""
    if not configured:
        raise Unreadable("misconfigured", 'the secret has no object "webhook": write one with "scheme", "stream", "id"')
    try:
        told = msgspec.convert(dict(configured), Settings)
    except msgspec.ValidationError as error:
        raise Unreadable("misconfigured", f'"webhook" in the secret: {error}') from None
    if complaint := _complaint(told):
        raise Unreadable("misconfigured", f'"webhook" in the secret: {complaint}')
    return told


def _complaint(told: Settings) -> str:
    if not told.stream:
        return '"stream" is missing: a name, or a path such as "$.type"'
    if told.scheme != "hmac":
        return ""
    if not told.header:
        return '"header" is missing: the name of the header that bears the signature'
    if "{body}" not in told.signed:
        return '"signed" lacks {body}: a signature that does not cover the body proves nothing of it'
    if ("{timestamp}" in told.signed) != bool(told.timestamp):
        return '"signed" holds {timestamp} exactly where "timestamp" says where the clock stands'
    if told.timestamp_at == "part" and not told.part:
        return '"part" is missing: the piece of the header that holds the signature'
    return ""
