"""How a listing is walked: requests, paginators, raw records, and the reading most streams use, `listing`.

Records stay the vendor's bytes: msgspec cuts them out of the answer without rebuilding them.
"""

import base64
import dataclasses
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

import msgspec

from ..errors import Unreadable, VendorSaysNo, VendorUnavailable
from .source import QUARANTINE, Event, Page, Quarantined, Reading

if TYPE_CHECKING:
    from .vendor_http import Response, VendorHttp

_About = TypeVar("_About")
_Told = TypeVar("_Told", Event, Event | None)


@dataclass(frozen=True)
class Request:
    """One question to a vendor; path is relative to the base URL, or a URL below it. bucket names its rate."""

    path: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    bucket: str = ""
    form: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Beside the authorisation, such as an Accept other than JSON."""
    is_public: bool = False
    """Asked without the authorisation, and then the path may be a URL on another host."""


# The target may hold commas and semicolons, so it is cut out by its brackets. RFC 8288, section 3.
_LINK = re.compile(r'<([^>]*)>[^<]*?;\s*rel\s*=\s*"?([^";,<]*)', re.IGNORECASE)


class Paginator(Protocol):
    """Where the next page is, told from an answer."""

    def following(self, request: Request, response: "Response") -> Request | None:
        """None after the last page. An empty page with a next cursor is not the last."""


@dataclass(frozen=True)
class Token:
    """An opaque token: found at `read` in the answer, sent back as `send`; absent, null or empty means the end."""

    read: tuple[str, ...]
    send: str
    into: Literal["params", "json"] = "params"

    def following(self, request: Request, response: "Response") -> Request | None:
        token = value(response.body, *self.read)
        if token in (None, ""):
            return None
        if self.into == "json":
            return dataclasses.replace(request, json={**(request.json or {}), self.send: token})
        return dataclasses.replace(request, params={**request.params, self.send: token})


@dataclass(frozen=True)
class LinkHeader:
    """RFC 8288: the URL of rel="next", followed verbatim."""

    def following(self, request: Request, response: "Response") -> Request | None:
        for target, relation in _LINK.findall(response.headers.get("link", "")):
            if "next" in relation.lower().split():
                return dataclasses.replace(request, path=target, params={})
        return None


@dataclass(frozen=True)
class OnePage:
    """A listing without pages."""

    def following(self, request: Request, response: "Response") -> Request | None:
        return None


def value(body: bytes, *path: str) -> Any:
    """What lies at path, None where any step is missing. Raises Unreadable when the body is no JSON (an HTML page)."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable("not_json", str(error)) from None
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found


def items(body: bytes, *path: str) -> list[bytes]:
    """The raw JSON of each element of the list at path; [] where it is missing or null. Raises Unreadable otherwise."""
    raw: Any = msgspec.Raw(body)
    try:
        for step in path:
            raw = (msgspec.json.decode(raw, type=dict[str, msgspec.Raw] | None) or {}).get(step, msgspec.Raw(b"null"))
        found = msgspec.json.decode(raw, type=list[msgspec.Raw] | None)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable("unexpected_shape", str(error)) from None
    return [bytes(element) for element in found or ()]


def walk(http: "VendorHttp", first: Request, paginator: Paginator) -> Iterator[tuple["Response", Request | None]]:
    """Each answer with the request for the next one, None at the end. An `empty` or `skip` ruling ends the walk.

    Raises VendorUnavailable when a vendor sends us in a circle.
    """
    request: Request | None = first
    asked = {_fingerprint(first)}
    while request is not None:
        response = http.ask(request)
        following = paginator.following(request, response) if response.ruling.kind == "ok" else None
        if following is not None:
            if (fingerprint := _fingerprint(following)) in asked:
                raise VendorUnavailable(f"{_path(request)!r} names a page as its next that it has already given")
            asked.add(fingerprint)
        yield response, following
        request = following


def told(raw: bytes, about: _About, event: Callable[[bytes, _About], _Told]) -> _Told | Event:
    """The event of a record, made with what it is read about: its reading, or the delivery it came in. A quarantined
    one where it cannot be read, so that it does not stop its neighbours."""
    try:
        return event(raw, about)
    except Unreadable as error:
        return _quarantined(raw, error.reason, str(error))
    except (msgspec.MsgspecError, LookupError, TypeError, ValueError, AttributeError) as error:
        return _quarantined(raw, "unexpected_record", type(error).__name__)


def _quarantined(raw: bytes, reason: str, detail: str) -> Event:
    digest = hashlib.sha256(raw).hexdigest()
    payload = Quarantined(reason, detail, {}, base64.b64encode(raw).decode())
    return Event(QUARANTINE, digest, "event", msgspec.json.encode(payload), dedupe=(QUARANTINE, digest))


def iso(instant: datetime) -> str:
    """RFC 3339 in UTC with Z, to the second: the form most vendors take as a bound."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def listing(
    *,
    request: Callable[[Reading, datetime | None], Request],
    event: Callable[[bytes, Reading], Event | None],
    records: Sequence[str] = (),
    paginator: Paginator,
    look_back: timedelta = timedelta(0),
) -> Callable[[Reading], Iterator[Page]]:
    """A reading for vendors that list what changed since an instant.

    request gets that instant: the start of the last finished run less look_back (vendors index late and clocks differ),
    or the connection's start_at, or None. event may return None for a record that belongs to another stream; a record
    it cannot read is quarantined. The cursor is {since} between runs and {since, until, resume} within one, resume
    being the request for the page to read next. A listing the vendor closes to us (`skip`) leaves the cursor where the
    last finished run left it, so that nothing is missed once it opens.
    """

    def read(reading: Reading) -> Iterator[Page]:
        cursor = reading.cursor
        since = datetime.fromisoformat(cursor["since"]) if "since" in cursor else None
        before = {"since": since.isoformat()} if since else {}
        if "resume" in cursor:
            try:
                yield from pages(reading, Request(**cursor["resume"]), before, datetime.fromisoformat(cursor["until"]))
                return
            except _PageForgotten:
                pass  # begin again: what is read twice has the same event ids
        yield from pages(reading, request(reading, since - look_back if since else reading.connection.start_at), before)

    def pages(
        reading: Reading, first: Request, before: Mapping[str, str], resumed_until: datetime | None = None
    ) -> Iterator[Page]:
        until = (resumed_until or reading.now).isoformat()
        answers = walk(reading.http, first, paginator)
        if resumed_until:
            answers = _unless_forgotten(answers)
        for response, following in answers:
            if response.ruling.kind == "skip":
                yield Page([], before)
                return
            raw_records = items(response.body, *records) if response.ruling.kind == "ok" else []
            events = [one for raw in raw_records if (one := told(raw, reading, event)) is not None]
            if following is None:
                yield Page(events, {"since": until})
            else:
                yield Page(events, {**before, "until": until, "resume": dataclasses.asdict(following)})

    return read


class _PageForgotten(Exception):
    """A page token from an earlier run has expired."""


def _unless_forgotten(
    answers: Iterator[tuple["Response", Request | None]],
) -> Iterator[tuple["Response", Request | None]]:
    """The same answers; a refusal of the very first is _PageForgotten, for page tokens do not live for ever."""
    try:
        yield next(answers)
    except VendorSaysNo:
        raise _PageForgotten from None
    except StopIteration:
        return
    yield from answers


def _fingerprint(request: Request) -> bytes:
    return hashlib.sha256(msgspec.json.encode(request, order="deterministic")).digest()


def _path(request: Request) -> str:
    return request.path.partition("?")[0]
