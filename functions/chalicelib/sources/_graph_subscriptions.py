"""How subscriptions of Microsoft Graph live: one per mailbox or drive, renewed by PATCH, made anew when lost.

learn.microsoft.com, "subscription resource type", "Create subscription". The deliveries of all of them come to one
address, which is also that of their lifecycle events: lifecycleNotificationUrl cannot be added later.
"""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..errors import VendorSaysNo
from ..ingest.bodies import instant
from ..ingest.pages import Request, iso, value, walk
from ..ingest.source import Connection
from ..ingest.subscription import Created, Subscription, Subscriptions, Wanted

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response, VendorHttp


@dataclasses.dataclass(frozen=True)
class NextLink:
    """The page named by @odata.nextLink, followed verbatim."""

    def following(self, request: Request, response: "Response") -> Request | None:
        link = value(response.body, "@odata.nextLink")
        return dataclasses.replace(request, path=link, params={}) if isinstance(link, str) and link else None


def subscriptions(
    resources: Callable[[Connection], Sequence[str]], change_type: str, life: timedelta, renew_before: timedelta
) -> Subscriptions:
    """One subscription for each resource of a connection, asked for `life` at a time. Graph may grant less: what it
    answers counts."""

    def existing(http: "VendorHttp", connection: Connection) -> Sequence[Subscription]:
        answers = walk(http, Request("subscriptions"), NextLink())
        return [
            _told(one) for answer, _ in answers for one in value(answer.body, "value") or () if isinstance(one, dict)
        ]

    def create(http: "VendorHttp", connection: Connection, wanted: Wanted) -> Created:
        """Only what is missing, since a second subscription to the same changes is answered 409."""
        held = {one.detail["resource"] for one in existing(http, connection) if one.url == wanted.url}
        missing = [resource for resource in resources(connection) if resource not in held]
        made = [_make(http, resource, wanted) for resource in missing]
        return Created(made, (wanted.secret,) if made else ())

    def renew(http: "VendorHttp", connection: Connection, held: Subscription, wanted: Wanted) -> Subscription:
        """The same one, longer; a new one where Graph has dropped it (404)."""
        until = {"expirationDateTime": iso(wanted.now + life)}
        answer = http.ask(Request(f"subscriptions/{held.id}", "PATCH", json=until))
        if answer.ruling.kind == "empty":
            return _make(http, held.detail["resource"], wanted)
        return _told(_granted(answer))

    def remove(http: "VendorHttp", connection: Connection, held: Subscription) -> None:
        http.ask(Request(f"subscriptions/{held.id}", "DELETE"))

    def _make(http: "VendorHttp", resource: str, wanted: Wanted) -> Subscription:
        asked = {
            "changeType": change_type,
            "notificationUrl": wanted.url,
            "lifecycleNotificationUrl": wanted.url,
            "resource": resource,
            "expirationDateTime": iso(wanted.now + life),
            "clientState": wanted.secret,  # at most 128 characters
        }
        return _told(_granted(http.ask(Request("subscriptions", "POST", json=asked))))

    return Subscriptions(
        existing=existing, create=create, remove=remove, renew=renew, renew_before=renew_before, creates_missing=True
    )


def _granted(answer: "Response") -> dict[str, Any]:
    found = value(answer.body) if answer.ruling.kind == "ok" else None
    if not isinstance(found, dict):
        raise VendorSaysNo(f"Graph gave no subscription ({answer.ruling.reason}): check the app's consent")
    return found


def _told(one: dict[str, Any]) -> Subscription:
    until: datetime | None = instant(one.get("expirationDateTime"))
    detail = {"resource": one.get("resource"), "change_type": one.get("changeType")}
    return Subscription(str(one["id"]), one.get("notificationUrl") or "", expires_at=until, detail=detail)
