"""What Outlook and SharePoint share of Microsoft Graph: logging in, judging answers, and proving notifications.

Facts: learn.microsoft.com, "Change notifications through webhooks", "Reduce missing subscriptions and change
notifications", "Throttling guidance", "Use delta query". Odd here:
- nothing is signed: each item of a batch repeats the clientState we chose, so that it must not reach the lake;
- a new address proves itself by echoing a token, before any subscription exists;
- a subscription's own troubles come as items with a lifecycleEvent, to the same address.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import digest, seconds, typed, utf8
from ..ingest.pages import Request, items, told, value
from ..ingest.shared_secret import one_of, query_value
from ..ingest.source import Answer, Connection, Delivery, Event, Greeting, Login, Ruling, Verdict, Webhook

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response

BASE_URL = "https://graph.microsoft.com/v1.0/"

LIFECYCLE = "lifecycle_event"
"""The stream of what befalls a subscription. That it missed something asks for the delta, like any notification."""

_CLIENT_STATE = re.compile(rb'("clientState"\s*:\s*")((?:[^"\\]|\\.)*)(?=")')


class _ResourceData(msgspec.Struct):
    id: str | None = None
    etag: str | None = msgspec.field(default=None, name="@odata.etag")


class Notification(msgspec.Struct, rename="camel"):
    """One item of a batch. Its resource is no place to find ids in: of drives it names the root alone."""

    subscription_id: str
    id: str | None = None
    change_type: str | None = None
    lifecycle_event: str | None = None
    resource: str | None = None
    resource_data: _ResourceData | None = None

    @property
    def dedupe(self) -> tuple[str, ...]:
        """No id of a delivery exists; only some notifications carry their own."""
        if self.id:
            return (self.subscription_id, self.id)
        about = self.resource_data or _ResourceData()
        return (self.subscription_id, about.id or self.resource or "", about.etag or "", self.change_type or "")


_notification = msgspec.json.Decoder(Notification)


@dataclass(frozen=True, slots=True)
class ClientState:
    """The secret in `value[].clientState`. One right item proves the sender of the batch: Microsoft alone was told it,
    and mixes into one POST what several subscriptions have to say, forgotten ones of ours among them."""

    covers_body: bool = False

    def verify(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> Verdict:
        # The very pattern that redact uses: a secret that was accepted is a secret that is taken out.
        verdicts = [
            one_of(found[2].decode(errors="replace"), secrets) for found in _CLIENT_STATE.finditer(delivery.body)
        ]
        best = next((verdict for verdict in verdicts if verdict.is_authentic), None)
        return best or (verdicts[0] if verdicts else Verdict(False, "missing_signature"))


def redact(body: bytes) -> bytes:
    """The body without its clientStates."""
    return _CLIENT_STATE.sub(rb"\1redacted", body)


def greet(delivery: Delivery) -> Greeting | None:
    """The echo of the validationToken, within ten seconds and as plain text, nothing else."""
    token = query_value(delivery.url, "validationToken")
    if not token:
        return None
    return Greeting(Answer(token, "text/plain", {"X-Content-Type-Options": "nosniff"}))


def webhook(tell: Callable[[bytes, Notification, Delivery], Event]) -> Webhook:
    """Graph's notifications: tell makes the event of one change; what befalls a subscription is the same everywhere."""

    def read(delivery: Delivery) -> Sequence[Event]:
        found = items(utf8(delivery.body), "value")
        if not found:
            raise Unreadable("no_events", "a batch without notifications")
        return [told(raw, delivery, one) for raw in found]

    def one(raw: bytes, delivery: Delivery) -> Event:
        notification = typed(_notification, raw)
        if notification.lifecycle_event:
            # Two alike are not told apart: no id, no time. Each asks for the same thing to be done.
            about = (notification.subscription_id, notification.lifecycle_event, digest(redact(raw)))
            return Event(LIFECYCLE, notification.subscription_id, "event", raw, dedupe=about)
        return tell(raw, notification, delivery)

    # Slower than 2.9 s in a tenth of all cases, and Graph delays or drops what it sends.
    return Webhook(ClientState(), read, answer_within_s=3.0, greet=greet, redact=redact)


def _token(connection: Connection, now: datetime) -> Request:
    """Client credentials. Option login_url is another authority's (national clouds have their own)."""
    held = connection.credentials
    default = f"https://login.microsoftonline.com/{held['tenant_id']}/oauth2/v2.0/token"
    return Request(
        connection.options.get("login_url", default),
        "POST",
        form={
            "grant_type": "client_credentials",
            "client_id": held["client_id"],
            "client_secret": held["client_secret"],
            "scope": "https://graph.microsoft.com/.default",
        },
    )


LOGIN = Login(_token)


def headers(connection: Connection) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {connection.credentials['access_token']}"}


_FORGOTTEN = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired"})
_ABSENT = frozenset({"erroritemnotfound", "itemnotfound", "resourcenotfound"})
"""(Unverified) the words for a message, a file and a subscription that are no more; any other 404 is refused."""


def judge(response: "Response") -> Ruling:
    status, code = response.status, _code(response.body) if response.status >= 400 else ""
    if 200 <= status < 300:
        return Ruling("ok")
    if status == 410 or code.lower() in _FORGOTTEN:
        return Ruling("forgotten", code or "status_410")
    if status == 401:
        return Ruling("expired", code or "status_401")
    if status == 403:
        return Ruling("skip", code or "status_403")  # this mailbox, or this drive, is closed to us
    if status == 404 and code.lower() in _ABSENT:
        return Ruling("empty", code)
    if status in (408, 429) or status >= 500:
        return Ruling("retry", f"status_{status}", seconds(response.headers.get("retry-after")))
    return Ruling("refused", code or f"status_{status}")


def _code(body: bytes) -> str:
    try:
        found = value(body, "error", "code")
    except Unreadable:
        return ""
    return found if isinstance(found, str) else ""
