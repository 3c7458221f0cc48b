"""Salesforce's outbound messages: SOAP, unsigned, up to 100 records of one object each, with the fields chosen for it.

developer.salesforce.com, SOAP API, "Understanding the Outbound Messaging WSDL".
"""

import random
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from ..chance import Chance
from ..delivery import Delivery
from ..history import Version
from ..render.salesforce import OBJECTS, ORGANIZATION_ID, history
from ..signing import decimal, hexadecimal, shared
from ..vendor import Outgoing
from ..world import World

CHOSEN = {
    "Account": ("Id", "LastModifiedDate", "Name", "SystemModstamp", "Type"),
    "Contact": ("AccountId", "Email", "Id", "LastModifiedDate", "SystemModstamp", "Title"),
    "Lead": ("Company", "Id", "IsConverted", "LastModifiedDate", "Status"),
    "Opportunity": ("Amount", "CloseDate", "Id", "IsWon", "LastModifiedDate", "StageName", "SystemModstamp"),
}
_HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
_MOST = 100
_NAMES = {stream: name for name, stream in OBJECTS.items()}


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """Of records created and updated since the hooks were set up; deletions start no flow, but a record may be gone by
    the time its message leaves."""
    told = [one for one in history(world).versions if one.at >= world.hooks_since and _NAMES[one.stream] in CHOSEN]
    made = []
    for (at, stream), versions in groupby(told, key=lambda one: (one.at, one.stream)):
        together = list(versions)
        for start in range(0, len(together), _MOST):
            some = [one for one in together[start : start + _MOST] if one.record or stream == "lead"]
            if some:
                made.append(_delivery(_NAMES[stream], at, some, chance))
    return made


def _delivery(name: str, at: datetime, versions: Sequence[Version], chance: Chance) -> Delivery:
    ids = [f"04l5e{chance.number(10)}AAE" for _ in versions]
    notifications = "".join(_notification(name, one, id_) for one, id_ in zip(versions, ids, strict=True))
    # An administrator left "Send Session ID" on for one of the messages.
    session = '<SessionId xsi:nil="true"/>'
    if name == "Opportunity":
        session = f"<SessionId>{ORGANIZATION_ID[:15]}!AQ{chance.code(40)}</SessionId>"
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        ' <soapenv:Body>\n  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
        f"<OrganizationId>{ORGANIZATION_ID}</OrganizationId><ActionId>04k5e000000{name[:4]:x<4}AAA</ActionId>"
        f"{session}"
        f"<EnterpriseUrl>https://payready.my.salesforce.com/services/Soap/c/62.0/{ORGANIZATION_ID[:15]}</EnterpriseUrl>"
        f"<PartnerUrl>https://payready.my.salesforce.com/services/Soap/u/62.0/{ORGANIZATION_ID[:15]}</PartnerUrl>"
        f"{notifications}</notifications>\n </soapenv:Body>\n</soapenv:Envelope>"
    )
    streams = [OBJECTS[name] if one.record else "notification" for one in versions]
    events = tuple(zip(streams, ids, strict=True))
    return Delivery("salesforce", name, body.encode(), ids[0], at, events, headers=_HEADERS)


def _notification(name: str, version: Version, notification_id: str) -> str:
    if version.record is None:
        return f'<Notification><Id>{notification_id}</Id><sObject xsi:type="sf:{name}" xsi:nil="true"/></Notification>'
    fields = "".join(_field(one, version.record[one]) for one in CHOSEN[name])
    about = f'<sObject xsi:type="sf:{name}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">{fields}</sObject>'
    return f"<Notification><Id>{notification_id}</Id>{about}</Notification>"


def _field(name: str, told: Any) -> str:
    if told is None:
        return f'<sf:{name} xsi:nil="true"/>'
    return f"<sf:{name}>{escape(as_text(told))}</sf:{name}>"


def as_text(told: Any) -> str:
    """A value as SOAP and CSV write it: nothing, true, 2026-01-05T03:04:05.000Z."""
    if told is None:
        return ""
    if isinstance(told, bool):
        return str(told).lower()
    return f"{told:%Y-%m-%dT%H:%M:%S}.000Z" if isinstance(told, datetime) else str(told)


def sign(outgoing: Outgoing) -> dict[str, str]:
    """Nothing: whoever knows the address may deliver."""
    return {"User-Agent": "Salesforce.com-OutboundMessaging"}


def address(url: str, keys: Any) -> str:
    """The endpoint as the administrator entered it."""
    return f"{url}?key={quote(keys['signing_secret'])}"


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    asked = {"client_id": f"3MVG9{hexadecimal(rng, 60)}", "client_secret": decimal(rng, 19)}
    stored, kept = shared(rng, **asked)
    return stored | {"webhook": {"organization_id": ORGANIZATION_ID[:15]}}, kept
