"""Salesforce's outbound messages: what a SOAP delivery says, its session taken out, and the answer that stops retries.

developer.salesforce.com, SOAP API guide, "Outbound Messaging Notifications" and "Understanding the WSDL". A message is
one object type's, up to 100 notifications of it, each with the fields the administrator chose.
"""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import Unreadable
from ..ingest.bodies import utf8
from ..ingest.source import Answer

ACKNOWLEDGEMENT = Answer(
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    "</soapenv:Body></soapenv:Envelope>",
    "text/xml; charset=utf-8",
)
"""Without it even a 200 is tried again, for 24 hours."""

_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_SESSION = re.compile(
    rb"(<(?:[\w.-]+:)?SessionId(?:\s[^>]*)?(?<!/)>)(.*?)(</(?:[\w.-]+:)?SessionId\s*>|\Z)", re.DOTALL | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Notification:
    """One record as it was when the message was sent. fields is empty where it had been deleted by then."""

    id: str
    object: str
    fields: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery. action_id names the configured outbound message."""

    organization_id: str
    action_id: str
    notifications: Sequence[Notification]


class _NoDtd(ElementTree.TreeBuilder):
    """Without a document type there are no entities: neither external ones nor a billion laughs. SOAP forbids it too
    (SOAP 1.1, section 3)."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise Unreadable("dtd_refused", "a SOAP message holds no document type declaration")


def message(body: bytes) -> Message:
    """What the delivery says; its size the receiver has already bounded.

    Raises Unreadable: not_utf8, not_xml, dtd_refused, not_an_outbound_message.
    """
    # Told rather than guessed: another encoding would be another way to write a document type.
    parser = ElementTree.XMLParser(target=_NoDtd(), encoding="utf-8")
    try:
        parser.feed(utf8(body))
        root = parser.close()
    except ElementTree.ParseError as error:
        raise Unreadable("not_xml", f"line {error.position[0]}, column {error.position[1]}") from None
    told = root.find(f".//{_OUTBOUND}notifications")
    if told is None:
        raise Unreadable("not_an_outbound_message", "XML without notifications")
    found = [_notification(one) for one in told.findall(f"{_OUTBOUND}Notification")]
    return Message(_text(told, "OrganizationId"), _text(told, "ActionId"), found)


def without_session(body: bytes) -> bytes:
    """The same bytes without the session, which lets its bearer act in Salesforce. A body cut short loses its rest."""
    if b"\0" in body:
        return b"[not kept: not UTF-8, so the session in it was not found]"
    return _SESSION.sub(rb"\1[redacted]\3", body)


_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def id18(told: str) -> str:
    """The id in its 18-character form, which is not case-sensitive. Anything but 15 letters and digits is left alone.

    Each of the last three tells which of five characters are upper case. help.salesforce.com, article 000383751.
    """
    if len(told) != 15 or not (told.isascii() and told.isalnum()):
        return told
    fives = (told[start : start + 5] for start in (0, 5, 10))
    return told + "".join(_CHECK[sum(1 << n for n, one in enumerate(five) if one.isupper())] for five in fives)


def _notification(told: ElementTree.Element) -> Notification:
    about = told.find(f"{_OUTBOUND}sObject")
    if about is None:
        return Notification(_text(told, "Id"), "", {})
    fields = {_local(one.tag): _value(one) for one in about if len(one) == 0}
    return Notification(_text(told, "Id"), about.get(_TYPE, "").rpartition(":")[2], fields)


def _value(told: ElementTree.Element) -> str | None:
    return None if told.get(_NIL) in ("true", "1") else told.text


def _text(told: ElementTree.Element, name: str) -> str:
    return (told.findtext(f"{_OUTBOUND}{name}") or "").strip()


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]
