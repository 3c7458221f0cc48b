"""HubSpot's webhook subscriptions: of an app, not of an account; one address for them all, one for each property.

developers.hubspot.com, "Webhooks API guide" (2026-03) and its reference, webhooks/v3/{appId}: for public apps of the
older kind, with the developer account's API key. A private app's, and those of an app built as a project, stand in a
file of that app and nowhere else. Deliveries are signed with the app's client secret, which no API tells.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from ..errors import ConfigurationMissing, VendorSaysNo
from ..ingest.bodies import typed
from ..ingest.pages import Request, items, value
from ..ingest.source import Connection
from ..ingest.subscription import Created, Subscription, Subscriptions, Wanted
from ._hubspot_crm import PROPERTIES

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response, VendorHttp

_HAPPENINGS = "creation deletion merge restore associationChange"
_CONCURRENT = 10


class _Subscription(msgspec.Struct, rename="camel"):
    id: str | int
    event_type: str = ""
    property_name: str | None = None
    active: bool = True

    @property
    def what(self) -> tuple[str, str | None]:
        return self.event_type, self.property_name


_subscription = msgspec.json.Decoder(_Subscription)


def _wanted(connection: Connection) -> Iterator[tuple[str, str | None]]:
    for kind, names in PROPERTIES.items():
        yield from ((f"{kind}.{happening}", None) for happening in _HAPPENINGS.split())
        more = connection.options.get("properties", {}).get(kind, ())
        yield from ((f"{kind}.propertyChange", name) for name in [*names.split(), *more])
    yield "contact.privacyDeletion", None


def _ask(http: "VendorHttp", connection: Connection, path: str, method: Any = "GET", told: Any = None) -> "Response":
    app_id, key = connection.options.get("app_id"), connection.credentials.get("developer_api_key")
    if not app_id or not key:
        raise ConfigurationMissing(
            f"connection hubspot/{connection.connection_id} needs the option app_id and the credential "
            "developer_api_key of a public app; a private app's subscriptions are written into its webhooks.json"
        )
    return http.ask(Request(f"webhooks/v3/{app_id}/{path}", method, params={"hapikey": key}, json=told))


def _existing(http: "VendorHttp", connection: Connection) -> Sequence[Subscription]:
    listed = _listed(http, connection)
    if not listed:
        return []  # an app that never had any may have no settings to ask for
    url = value(_ask(http, connection, "settings").body, "targetUrl") or ""
    return [_told(one, url) for one in listed]


def _listed(http: "VendorHttp", connection: Connection) -> list[_Subscription]:
    return [typed(_subscription, raw) for raw in items(_ask(http, connection, "subscriptions").body, "results")]


def _create(http: "VendorHttp", connection: Connection, wanted: Wanted) -> Created:
    """Makes what is missing. The secret is the app's own, which the operator stored.

    Raises VendorSaysNo where the app delivers to another place, for it can deliver to one alone.
    """
    existing = _existing(http, connection)
    if existing and existing[0].url not in ("", wanted.url):
        host = urlsplit(existing[0].url).hostname
        raise VendorSaysNo(
            f"the hubspot app delivers to {host!r}, and can deliver to one place alone: remove its subscriptions there"
        )
    settings = {"targetUrl": wanted.url, "throttling": {"maxConcurrentRequests": _CONCURRENT}}
    if not existing or not existing[0].url:
        _ask(http, connection, "settings", "PUT", settings)
    held = {(one.detail["event_type"], one.detail.get("property_name")) for one in existing}
    made = []
    for event_type, name in _wanted(connection):
        if (event_type, name) in held:
            continue
        told = {"eventType": event_type, "active": True, **({"propertyName": name} if name else {})}
        answer = _ask(http, connection, "subscriptions", "POST", told)
        made.append(_told(typed(_subscription, answer.body), wanted.url))
    return Created(made)


def _remove(http: "VendorHttp", connection: Connection, subscription: Subscription) -> None:
    _ask(http, connection, f"subscriptions/{subscription.id}", "DELETE")


def _told(one: _Subscription, url: str) -> Subscription:
    event_type, name = one.what
    detail = {"event_type": event_type, **({"property_name": name} if name else {})}
    return Subscription(str(one.id), url, one.active, detail=detail)


SUBSCRIPTIONS = Subscriptions(_existing, _create, _remove, creates_missing=True)
