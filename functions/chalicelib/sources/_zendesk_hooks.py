"""Zendesk's webhooks, made and removed through its API. They do not expire, and their secret is Zendesk's own.

developer.zendesk.com, "Webhooks": POST and DELETE /webhooks; the secret is shown by /webhooks/{id}/signing_secret.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from ..errors import VendorSaysNo
from ..ingest.bodies import typed
from ..ingest.pages import Request, items, value, walk
from ..ingest.source import Connection
from ..ingest.subscription import Created, Subscription, Subscriptions, Wanted
from ._zendesk_exports import PAGES

if TYPE_CHECKING:
    from ..ingest.vendor_http import VendorHttp

_TICKET = (
    "created status_changed priority_changed subject_changed type_changed tags_changed comment_added merged "
    "agent_assignment_changed group_assignment_changed organization_changed requester_changed custom_field_changed "
    "marked_as_spam soft_deleted permanently_deleted undeleted"
)
_WANTED = {
    "ticket": _TICKET,
    "user": "created deleted merged name_changed role_changed active_changed",
    "organization": "created deleted name_changed",
}
"""developer.zendesk.com, "Webhook event types"."""


class _Webhook(msgspec.Struct):
    id: str
    endpoint: str = ""
    status: str = "active"


_webhook = msgspec.json.Decoder(_Webhook)


def _existing(http: "VendorHttp", connection: Connection) -> Sequence[Subscription]:
    answers = walk(http, Request("webhooks", params={"page[size]": 100}), PAGES)
    found = [typed(_webhook, raw) for answer, _ in answers for raw in items(answer.body, "webhooks")]
    return [Subscription(one.id, one.endpoint, is_active=one.status == "active") for one in found]


def _create(http: "VendorHttp", connection: Connection, wanted: Wanted) -> Created:
    kinds = [f"zen:event-type:{noun}.{verb}" for noun, verbs in _WANTED.items() for verb in verbs.split()]
    asked = {
        "name": "Sophia Intel",
        "endpoint": wanted.url,
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
        "subscriptions": kinds,
    }
    webhook_id = value(http.ask(Request("webhooks", "POST", json={"webhook": asked})).body, "webhook", "id")
    shown = http.ask(Request(f"webhooks/{webhook_id}/signing_secret")) if webhook_id else None
    secret = value(shown.body, "signing_secret", "secret") if shown else None
    if not isinstance(secret, str):
        raise VendorSaysNo("zendesk made a webhook without a secret: the API token's agent must be an administrator")
    return Created([Subscription(str(webhook_id), wanted.url)], [secret])


def _remove(http: "VendorHttp", connection: Connection, subscription: Subscription) -> None:
    http.ask(Request(f"webhooks/{subscription.id}", "DELETE"))


SUBSCRIPTIONS = Subscriptions(existing=_existing, create=_create, remove=_remove)
