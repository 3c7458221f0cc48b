"""Figma's webhooks, version 2: one per team and kind of event, and what Figma remembers of sending to them.

Figma's REST API description (figma/rest-api-spec), "Webhooks V2": at most 20 for a team; a listing shows no passcode.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from ..errors import VendorSaysNo
from ..ingest.bodies import typed
from ..ingest.pages import Request, items, told
from ..ingest.source import Connection, Event, Page, Reading
from ..ingest.subscription import Created, Subscription, Subscriptions, Wanted
from ._figma_listings import teams

if TYPE_CHECKING:
    from ..ingest.vendor_http import VendorHttp

# FILE_DELETE comes to the webhooks of FILE_UPDATE too, and PING to all.
EVENTS = ("FILE_UPDATE", "FILE_VERSION_UPDATE", "FILE_COMMENT", "LIBRARY_PUBLISH", "DEV_MODE_STATUS_UPDATE")
_OURS = "Sophia Intel"
_MOST_PASSCODE = 100


class _Hook(msgspec.Struct):
    id: str | int
    event_type: str = ""
    context_id: str | None = None
    endpoint: str = ""
    status: str = ""
    description: str | None = None


class _RequestInfo(msgspec.Struct):
    payload: msgspec.Raw


class _ResponseInfo(msgspec.Struct):
    status: str | int | None = None


class _Sent(msgspec.Struct):
    request_info: _RequestInfo
    response_info: _ResponseInfo | None = None

    @property
    def is_answered(self) -> bool:
        return self.response_info is not None and str(self.response_info.status) == "200"


_hook = msgspec.json.Decoder(_Hook)
_sent = msgspec.json.Decoder(_Sent)


def _listed(http: "VendorHttp", team: str) -> list[_Hook]:
    answer = http.ask(Request("v2/webhooks", params={"context": "team", "context_id": team}))
    return [typed(_hook, raw) for raw in items(answer.body, "webhooks")] if answer.ruling.kind == "ok" else []


def _existing(http: "VendorHttp", connection: Connection) -> Sequence[Subscription]:
    return [_standing(hook) for team in teams(connection) for hook in _listed(http, team)]


def _create(http: "VendorHttp", connection: Connection, wanted: Wanted) -> Created:
    """Makes what is missing. Figma sends a PING with the passcode at once."""
    passcode, made = wanted.secret[:_MOST_PASSCODE], []
    for team in teams(connection):
        held = {one.event_type for one in _listed(http, team) if one.endpoint == wanted.url and one.status == "ACTIVE"}
        for event_type in EVENTS:
            if event_type in held:
                continue
            asked = {
                "event_type": event_type,
                "context": "team",
                "context_id": team,
                "endpoint": wanted.url,
                "passcode": passcode,
                "status": "ACTIVE",
                "description": _OURS,
            }
            answer = http.ask(Request("v2/webhooks", "POST", json=asked))
            if answer.ruling.kind != "ok":
                raise VendorSaysNo(f"figma knows no team {team!r} to make a webhook for: check the option teams")
            made.append(_standing(typed(_hook, answer.body)))
    return Created(made, [passcode] if made else [])


def _remove(http: "VendorHttp", connection: Connection, subscription: Subscription) -> None:
    http.ask(Request(f"v2/webhooks/{subscription.id}", "DELETE"))


def _standing(hook: _Hook) -> Subscription:
    detail = {"event_type": hook.event_type, "team": hook.context_id}
    return Subscription(str(hook.id), hook.endpoint, hook.status == "ACTIVE", detail=detail)


def read_missed(
    event_of: Callable[[bytes], Event], redact: Callable[[bytes], bytes]
) -> Callable[[Reading], Iterator[Page]]:
    """What Figma sent to our webhooks in vain: it keeps seven days of requests with their bodies, passcodes and all.

    There is no cursor: an event that is told again keeps its id.
    """

    def missed(raw: bytes, reading: Reading) -> Event | None:
        sent = typed(_sent, raw)
        return None if sent.is_answered else event_of(bytes(sent.request_info.payload))

    def read(reading: Reading) -> Iterator[Page]:
        hooks = [hook for team in teams(reading.connection) for hook in _listed(reading.http, team)]
        for hook in (one for one in hooks if one.description == _OURS):
            answer = reading.http.ask(Request(f"v2/webhooks/{hook.id}/requests"))
            raws = items(answer.body, "requests") if answer.ruling.kind == "ok" else []
            yield Page([one for raw in raws if (one := told(redact(raw), reading, missed)) is not None], {})
        yield Page([], {})

    return read


subscriptions = Subscriptions(_existing, _create, _remove, creates_missing=True)
