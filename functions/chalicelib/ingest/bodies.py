"""What a delivery's body says: typed JSON, or the fields of a form. Everything else raises Unreadable, never more."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from ..errors import Unreadable

_T = TypeVar("_T")
NOTHING = msgspec.Raw(b"null")
_STREAM = re.compile(r"[a-z0-9_]{1,64}")


def typed(decoder: msgspec.json.Decoder[_T], body: bytes | msgspec.Raw) -> _T:
    """The parts of body the decoder's type names.

    Raises Unreadable: not_json, unexpected_shape, too_deep.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Unreadable("unexpected_shape", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable("not_json", str(error)) from None
    except RecursionError:
        raise Unreadable("too_deep", "more levels of JSON than any vendor sends") from None


def utf8(body: bytes) -> bytes:
    """The same bytes. msgspec does not look into the strings it skips, and the lake is UTF-8.

    Raises Unreadable: not_utf8.
    """
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("not_utf8", f"byte {error.start} of {len(body)}") from None
    return body


def form(body: bytes) -> dict[str, str]:
    """The fields of an application/x-www-form-urlencoded body; of a repeated one the last.

    Raises Unreadable: not_utf8, not_a_form.
    """
    try:
        fields = parse_qsl(utf8(body).decode(), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError as error:
        reason = "not_utf8" if isinstance(error, UnicodeDecodeError) else "not_a_form"
        raise Unreadable(reason, type(error).__name__) from None
    if not fields:
        raise Unreadable("not_a_form", "no fields")
    return dict(fields)


def is_form(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the body is a form. JSON under a form's content type, which is curl's default, is JSON."""
    return headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded") and body[:1] != b"{"


def digest(body: bytes) -> str:
    """32 hex digits of the content: the id of what has no other."""
    return hashlib.sha256(body).hexdigest()[:32]


def stream_name(told: str | None) -> str:
    """A vendor's event type as a stream's name. It becomes part of an object key, so a strange one is `unknown`."""
    return told if told and _STREAM.fullmatch(told) else "unknown"


def instant(told: object) -> datetime | None:
    """A moment in UTC from RFC 3339 text or epoch seconds, whichever the vendor wrote; None for anything else.

    Text of digits is epoch seconds too and keeps its microseconds exactly: Slack's ts "1512085950.000216".
    """
    try:
        if isinstance(told, str):
            if told[:10].isdigit():
                seconds, _, fraction = told.partition(".")
                return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(fraction[:6].ljust(6, "0")))
            moment = datetime.fromisoformat(told)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(told, int | float) and not isinstance(told, bool):
            return datetime.fromtimestamp(told, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def seconds(told: str | None) -> float | None:
    """The wait a Retry-After header names; None where it names none, or a date."""
    return float(told) if told and told.isascii() and told.isdigit() and len(told) <= 12 else None
