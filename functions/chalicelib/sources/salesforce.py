"""Salesforce: outbound messages as they happen; SOQL, Bulk 2.0 and the delete log for everything.

developer.salesforce.com: SOAP API (outbound messages), REST API, Bulk API 2.0, SOQL. What is odd: a message is SOAP, is
not signed, holds the fields an administrator chose as they are when it is sent, comes in any order, and is tried again
until a SOAP answer acknowledges it; the pulled record is the whole one.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import instant, stream_name
from ..ingest.pages import Request
from ..ingest.shared_secret import SharedSecret
from ..ingest.source import (
    Census,
    Connection,
    Delivery,
    Event,
    Login,
    Pull,
    Rate,
    Ruling,
    Source,
    Stream,
    Webhook,
)
from ._salesforce_reading import LOOK_BACK, Object
from ._salesforce_soap import ACKNOWLEDGEMENT, Message, Notification, id18, message, without_session

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


def _read(delivery: Delivery) -> Sequence[Event]:
    """One event a notification. Whose organisation it is about is checked where the operator told us ours."""
    told = message(delivery.body)
    ours = str(delivery.settings.get("organization_id", ""))
    # Setup shows 15 characters of the id, messages bear 18.
    if ours and told.organization_id[:15] != ours[:15]:
        raise Unreadable("another_organization", f"from {told.organization_id!r}: not the one of this connection")
    return [_notified(one, told) for one in told.notifications]


def _notified(one: Notification, told: Message) -> Event:
    record_id = one.fields.get("Id") or ""
    dedupe = (one.id,) if one.id else ()
    if not record_id:
        # The record was deleted before the message left: which one it was is not said.
        about = {"Id": one.id, "ActionId": told.action_id, "sObject": one.object}
        entity_id = one.id or "-"
        return Event("notification", entity_id, "event", msgspec.json.encode(about), dedupe, one.id or None)
    # SystemModstamp where the administrator chose it; LastModifiedDate is never later, so a pulled record wins.
    at = instant(one.fields.get("SystemModstamp") or one.fields.get("LastModifiedDate"))
    return Event(
        stream=stream_name(_snake(one.object)),
        entity_id=id18(record_id),
        operation="partial",
        payload=msgspec.json.encode({"attributes": {"type": one.object}, **one.fields}),
        dedupe=dedupe,
        delivery_id=one.id or None,
        occurred_at=at,
        source_updated_at=at,
    )


def _snake(name: str) -> str:
    """OpportunityHistory is the stream opportunity_history, Lease__c is lease__c."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _headers(connection: Connection) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {connection.credentials['access_token']}"}


def _login(connection: Connection, now: datetime) -> Request:
    """The client credentials flow, which only the organisation's own My Domain host offers: the base URL is that host.
    A session lives two hours unless the administrator says otherwise, and the answer does not tell."""
    asked = {"client_id": connection.credentials["client_id"], "client_secret": connection.credentials["client_secret"]}
    return Request("services/oauth2/token", "POST", form={"grant_type": "client_credentials", **asked})


_LIMIT_PAUSE_S = 900.0
"""Calls are counted over the last 24 hours and no header tells when one is free again."""
_NOT_HERE = frozenset(
    ("NOT_FOUND", "ENTITY_IS_DELETED", "INVALID_TYPE", "EXCEEDED_ID_LIMIT", "INVALID_REPLICATION_DATE")
)
_BUSY = frozenset(("UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT", "SERVER_UNAVAILABLE"))
_CODE = re.compile(rb'"errorCode"\s*:\s*"(\w+)"')


def _judge(response: "Response") -> Ruling:
    """Errors are a list of {errorCode, message}, whatever the status."""
    status = response.status
    if status < 300:
        return Ruling("ok")
    found = _CODE.search(response.body[:4000])
    code = found[1].decode() if found else f"http_{status}"
    if status == 401:
        return Ruling("expired", code)  # INVALID_SESSION_ID
    if code == "REQUEST_LIMIT_EXCEEDED":
        is_daily = b"TotalRequests" in response.body
        return Ruling("retry", code, _LIMIT_PAUSE_S if is_daily else None)
    if code in _NOT_HERE or status == 404:
        return Ruling("skip", code)
    # 420 and 503 are maintenance, in HTML. There is no Retry-After.
    if status in (408, 420, 429) or status >= 500 or code in _BUSY:
        return Ruling("retry", code)
    return Ruling("refused", code)


_WHO = "AccountId OwnerId WhoId WhatId Subject Description CreatedDate"
_OBJECTS = (
    Object("Account", "account", "Name ParentId OwnerId Type Industry Website MasterRecordId CreatedDate"),
    Object("Contact", "contact", "AccountId OwnerId Email FirstName LastName Title MasterRecordId CreatedDate"),
    Object("Lead", "lead", "OwnerId Email Company Status IsConverted ConvertedDate MasterRecordId CreatedDate"),
    Object(
        "Opportunity",
        "opportunity",
        "Name AccountId OwnerId StageName Amount CurrencyIsoCode CloseDate IsClosed IsWon Probability CreatedDate",
    ),
    Object("OpportunityHistory", "opportunity_history", is_fact=True, has_delete_log=False),
    # Bulk leaves OldValue and NewValue out: airbytehq/airbyte#6886.
    Object(
        "OpportunityFieldHistory",
        "opportunity_field_history",
        clock="CreatedDate",
        is_fact=True,
        has_bulk=False,
        has_delete_log=False,
    ),
    Object("Task", "task", f"{_WHO} ActivityDate Status IsClosed TaskSubtype CallDurationInSeconds"),
    Object("Event", "event", f"{_WHO} StartDateTime EndDateTime"),
    Object("User", "user", "Username Email Name IsActive ManagerId", has_delete_log=False, is_ageless=True),
)


def _stream(one: Object) -> Stream:
    if one.is_ageless:
        census = Census(is_whole=True)  # users are deactivated, never deleted
    else:
        census = Census(records=one.changed, fetch=one.fetch, total=one.total, lag=LOOK_BACK)
    return Stream(one.stream, one.read, every=timedelta(minutes=15 if one.is_fact else 5), census=census)


source = Source(
    name="salesforce",
    title="Salesforce",
    webhook=Webhook(
        scheme=SharedSecret("key", at="query"),
        read=_read,
        answer_within_s=60,
        acknowledgement=ACKNOWLEDGEMENT,
        redact=without_session,
    ),
    pull=Pull(
        base_url="https://login.salesforce.com/",  # each has its own: https://<my domain>.my.salesforce.com
        headers=_headers,
        judge=_judge,
        # At least 100,000 calls in 24 hours, which are not ours alone; "API Request Limits and Allocations".
        rates={"": Rate(50_000, per_s=86_400, burst=1_000)},
        streams=tuple(_stream(one) for one in _OBJECTS),
        login=Login(_login),
    ),
    by_hand=(
        "In Setup, under Company Information, copy the Organization ID into this connection's secret: "
        '"webhook": {"organization_id": "00D…"}.',
        "In Setup, open Outbound Messages and press New Outbound Message; choose the object: Account, Contact, Lead, "
        "Opportunity, Task or Event, one message each.",
        "Enter {url}?key={secret} as Endpoint URL and leave Send Session ID unchecked.",
        "Choose the fields Id, LastModifiedDate, SystemModstamp, and those that should be known at once; save.",
        "In Setup, open Flows and make a record-triggered flow on that object, when a record is created or updated, "
        "with the action Outbound Message; activate it.",
        "For the pulls, make a connected app with the client credentials flow and a user who may read the objects as "
        "Run As; put its client_id and client_secret into the secret, and https://<my domain>.my.salesforce.com into "
        "the connection's base URL.",
    ),
)
