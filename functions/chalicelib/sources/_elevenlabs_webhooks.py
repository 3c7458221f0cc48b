"""How ElevenLabs is made to send what happens after a call: a webhook of the workspace, and the agents' use of it.

elevenlabs/elevenlabs-python, webhooks/client.py (made, listed, changed, deleted) and convai settings. A webhook by
itself is sent nothing: the agents' settings name the one that is told of ended calls.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import msgspec

from ..errors import VendorSaysNo
from ..ingest.bodies import typed
from ..ingest.pages import Request, items, value
from ..ingest.source import Connection
from ..ingest.subscription import Created, Subscription, Subscriptions, Wanted

if TYPE_CHECKING:
    from ..ingest.vendor_http import VendorHttp

_WEBHOOKS, _SETTINGS = "v1/workspace/webhooks", "v1/convai/settings"
_NAME = "Sophia Intel"
_TOLD = ("transcript", "call_initiation_failure")
"""Not audio: megabytes a call that nobody reads."""


class _Webhook(msgspec.Struct):
    webhook_id: str
    webhook_url: str = ""
    is_disabled: bool = False
    is_auto_disabled: bool = False
    """After ten failures in a row without a success for a week."""


_webhook = msgspec.json.Decoder(_Webhook)


def _existing(http: "VendorHttp", connection: Connection) -> Sequence[Subscription]:
    """A webhook is active where it is not disabled and the agents' settings name it."""
    named = value(http.ask(Request(_SETTINGS)).body, "webhooks", "post_call_webhook_id")
    answer = http.ask(Request(_WEBHOOKS))
    found = (typed(_webhook, raw) for raw in items(answer.body, "webhooks"))
    return [
        Subscription(
            one.webhook_id,
            one.webhook_url,
            is_active=not (one.is_disabled or one.is_auto_disabled) and one.webhook_id == named,
        )
        for one in found
    ]


def _create(http: "VendorHttp", connection: Connection, wanted: Wanted) -> Created:
    """The secret is ElevenLabs' own. Retries are off unless asked for (never where HIPAA applies).

    Raises VendorSaysNo where the agents already tell another webhook, for they tell one alone.
    """
    named = next((one for one in _existing(http, connection) if one.is_active), None)
    if named and named.url != wanted.url:
        raise VendorSaysNo(
            f"elevenlabs tells {urlsplit(named.url).hostname!r} of ended calls, and can tell one place alone: remove "
            "that webhook under Agents, Settings, Post-call webhook, or let it pass deliveries on"
        )
    settings = {"auth_type": "hmac", "name": _NAME, "webhook_url": wanted.url}
    made = http.ask(Request(_WEBHOOKS, "POST", json={"settings": settings})).body
    webhook_id = value(made, "webhook_id")
    retrying = {"is_disabled": False, "name": _NAME, "retry_enabled": True}
    http.ask(Request(_path(webhook_id), "PATCH", json=retrying))
    told = {"webhooks": {"post_call_webhook_id": webhook_id, "events": _TOLD}}
    http.ask(Request(_SETTINGS, "PATCH", json=told))
    return Created([Subscription(webhook_id, wanted.url)], [value(made, "webhook_secret")])


def _remove(http: "VendorHttp", connection: Connection, subscription: Subscription) -> None:
    """First from the agents' settings, which would go on naming it."""
    if value(http.ask(Request(_SETTINGS)).body, "webhooks", "post_call_webhook_id") == subscription.id:
        http.ask(Request(_SETTINGS, "PATCH", json={"webhooks": {"post_call_webhook_id": None}}))
    http.ask(Request(_path(subscription.id), "DELETE"))


def _path(webhook_id: str) -> str:
    return f"{_WEBHOOKS}/{quote(webhook_id, safe='')}"


subscriptions = Subscriptions(existing=_existing, create=_create, remove=_remove)
