"""What is odd about Salesforce's outbound messages: SOAP, a session inside, an answer it insists on."""

import dataclasses
import json
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from typing import Any

import pytest
from vendor_fake import delivery, sample

from chalicelib.errors import Unreadable
from chalicelib.ingest.quarantine import envelopes
from chalicelib.ingest.source import Event
from chalicelib.ingest.vendor_http import Response
from chalicelib.sources._salesforce_soap import ACKNOWLEDGEMENT, id18, without_session
from chalicelib.sources.salesforce import source

assert source.webhook and source.pull
WEBHOOK, PULL = source.webhook, source.pull
ORGANIZATION_ID = "00D5e000004TyQLEA0"


def read(body: bytes, **settings: Any) -> list[Event]:
    one = delivery("salesforce", body, content_type="text/xml; charset=utf-8")
    return list(WEBHOOK.read(dataclasses.replace(one, settings=settings)))


def test_a_notification_is_a_partial_record_under_the_vendors_id() -> None:
    (event,) = read(sample("salesforce", "webhook__opportunity.xml"))
    assert (event.stream, event.operation, event.entity_id[:3]) == ("opportunity", "partial", "006")
    assert event.dedupe == (event.delivery_id,) and str(event.delivery_id).startswith("04l")
    assert event.source_updated_at == datetime(2026, 11, 18, 17, 4, 11, tzinfo=UTC)
    told = json.loads(event.payload)
    assert (told["attributes"]["type"], told["StageName"], told["IsWon"]) == ("Opportunity", "Contract Sent", "false")


def test_a_message_of_several_is_as_many_events_with_text_as_it_was_meant() -> None:
    first, second = (json.loads(one.payload) for one in read(sample("salesforce", "webhook__contacts.xml")))
    assert (first["Title"], second["Title"], second["Email"]) == ("Controller & Treasurer", "Grünwald Büro", None)


def test_both_spellings_of_an_id_are_one_record() -> None:
    (event,) = read(sample("salesforce", "webhook__account_short_id.xml"))
    assert event.entity_id == json.loads(sample("salesforce", "pull__accounts.json"))["records"][0]["Id"]
    assert len(event.entity_id) == 18


# Ids of the examples in Salesforce's REST and Bulk API guides.
@pytest.mark.parametrize("long", ["750R0000000zlh9IAA", "005R0000000GiwjIAC", "001D000000IqhSLIAZ"])
def test_the_suffix_of_an_id_is_the_vendors(long: str) -> None:
    assert id18(long[:15]) == long and id18(long) == long


def test_a_record_without_a_clock_stays_behind_every_version_that_has_one() -> None:
    (event,) = read(sample("salesforce", "webhook__lead_without_clock.xml"))
    assert event.source_updated_at is None and event.operation == "partial"


def test_a_record_deleted_meanwhile_is_a_notification_of_nothing_and_not_refused() -> None:
    (event,) = read(sample("salesforce", "webhook__lead_deleted_meanwhile.xml"))
    assert (event.stream, event.operation) == ("notification", "event")
    assert json.loads(event.payload)["sObject"] == "Lead"


def test_objects_nobody_foresaw_have_streams_of_their_own() -> None:
    (event,) = read(sample("salesforce", "webhook__custom_object.xml"))
    assert event.stream == "lease_audit__c"


def test_the_message_of_another_organization_is_not_ours() -> None:
    body = sample("salesforce", "webhook__opportunity.xml")
    assert read(body, organization_id=ORGANIZATION_ID) == read(body, organization_id=ORGANIZATION_ID[:15]) == read(body)
    with pytest.raises(Unreadable, match="another_organization"):
        read(body, organization_id="00D5e000009Other")


def test_the_session_is_taken_out_and_nothing_else() -> None:
    body = sample("salesforce", "webhook__opportunity_with_session.xml")
    redacted = without_session(body)
    assert b"NotARealSession" not in redacted and b"[redacted]" in redacted
    assert len(read(redacted)) == 1
    assert redacted.replace(b"[redacted]", body.split(b"<SessionId>")[1].split(b"<")[0]) == body
    without = sample("salesforce", "webhook__opportunity.xml")
    assert without_session(without) == without


@pytest.mark.parametrize(
    "body",
    [
        b"<SessionId>SECRET</SessionId>",
        b"<ns1:SessionId xsi:type='xsd:string'>SECRET</ns1:SessionId >",
        b"<SessionId><![CDATA[SECRET]]></SessionId>",
        b"<SessionId xsi:nil='true'/><sessionid>SECRET</sessionid>",
        b"<a/><SessionId>SECR",
        "<SessionId>SECRET</SessionId>".encode("utf-16"),
    ],
)
def test_no_spelling_of_the_session_survives(body: bytes) -> None:
    assert b"SECR" not in without_session(body).replace(b"\0", b"")


def test_a_truncated_message_is_quarantined_without_its_session() -> None:
    body = sample("salesforce", "webhook__opportunity_with_session.xml")
    cut = body[: body.index(b"NotAReal") + 12]
    one = delivery("salesforce", without_session(cut))
    (envelope,) = envelopes(WEBHOOK, one, "0" * 64, "trace")
    quarantined = json.loads(bytes(envelope.payload))
    assert (envelope.stream, quarantined["reason"]) == ("quarantine", "not_xml")


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (BOMB, "dtd_refused"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "dtd_refused"),
        (BOMB.decode().encode("utf-16"), "not_utf8"),
        (BOMB.decode().encode("utf-16-le"), "dtd_refused"),
        (b'<?xml version="1.0" encoding="utf-7"?><x/>', "not_an_outbound_message"),
        (b"<x>&undefined;</x>", "not_xml"),
        (b"<notifications/>", "not_an_outbound_message"),
        (b"", "not_xml"),
        (b'{"json": true}', "not_xml"),
        (b"<a>" * 50_000, "not_xml"),
        (b"<a>" * 50_000 + b"</a>" * 50_000, "not_an_outbound_message"),
    ],
)
def test_what_is_no_outbound_message_is_unreadable_and_never_more(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(body)
    assert caught.value.reason == reason


def test_the_answer_is_the_acknowledgement_salesforce_waits_for() -> None:
    root = ElementTree.fromstring(ACKNOWLEDGEMENT.body)
    assert root.findtext(".//{http://soap.sforce.com/2005/09/outbound}Ack") == "true"
    assert ACKNOWLEDGEMENT.content_type.startswith("text/xml") and WEBHOOK.acknowledgement is ACKNOWLEDGEMENT


@pytest.mark.parametrize(
    ("status", "body", "kind", "after_s"),
    [
        (200, b"{}", "ok", None),
        (401, sample("salesforce", "pull__error_session.json"), "expired", None),
        (403, sample("salesforce", "pull__error_limit.json"), "retry", 900.0),
        (403, sample("salesforce", "pull__error_concurrent.json"), "retry", None),
        (403, b'[{"errorCode":"API_DISABLED_FOR_ORG"}]', "refused", None),
        (404, b'[{"errorCode":"ENTITY_IS_DELETED"}]', "skip", None),
        (400, b'[{"errorCode":"INVALID_TYPE"}]', "skip", None),
        (400, b'[{"errorCode":"QUERY_TIMEOUT"}]', "retry", None),
        (400, b'[{"errorCode":"MALFORMED_QUERY"}]', "refused", None),
        (420, b"<html>maintenance</html>", "retry", None),
        (503, b"<html>maintenance</html>", "retry", None),
    ],
)
def test_judges_answers_as_salesforce_means_them(status: int, body: bytes, kind: str, after_s: float | None) -> None:
    ruling = PULL.judge(Response(status, {}, body))
    assert (ruling.kind, ruling.after_s) == (kind, after_s)
