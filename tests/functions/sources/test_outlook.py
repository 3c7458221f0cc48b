"""That Graph's unsigned notifications are proved by clientState alone, and what its answers mean."""

import json
import random
from typing import Any
from urllib.parse import quote

import pytest
import vendor_fake
from vendor_fake import FIXTURES, answer, delivery

from chalicelib.errors import Unreadable
from chalicelib.ingest.source import Connection, Delivery, Event, Verdict
from chalicelib.sources._graph import LOGIN, greet, judge, redact
from chalicelib.sources.outlook import source

NOW = vendor_fake.NOW
MESSAGE, OTHER = "AAMkAGQ3Zjk0ZWVhLTUxTenantPortalBAAAA=", "AAMkAGQ3Zjk0ZWVhLTUxRentRollQAAAC-_="
SUBSCRIPTION = "3a52d6c4-8e0f-4b71-a2c9-5d18e7f3b604"
BODIES = sorted((vendor_fake.ROOT / "events" / "outlook" / "samples").glob("webhook__*.json"))
MEANT = {
    "webhook__message_created": [("message", MESSAGE, "partial")],
    "webhook__messages_batch": [("message", MESSAGE, "partial"), ("message", OTHER, "partial")],
    "webhook__message_deleted": [("message", OTHER, "delete")],
    "webhook__lifecycle_missed": [("lifecycle_event", SUBSCRIPTION, "event")],
    "webhook__lifecycle_reauthorization_required": [("lifecycle_event", SUBSCRIPTION, "event")],
}


def sample(name: str) -> bytes:
    return vendor_fake.sample("outlook", f"{name}.json")


def read(body: bytes) -> list[Event]:
    assert source.webhook
    return list(source.webhook.read(delivery("outlook", body)))


def verdict(body: bytes, *secrets: str) -> Verdict:
    assert source.webhook
    return source.webhook.scheme.verify(delivery("outlook", body), secrets, NOW)


def batch(*states: Any) -> bytes:
    return json.dumps({"value": [{"subscriptionId": "s", "clientState": state} for state in states]}).encode()


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_reads_every_sample_as_the_table_says(path: Any) -> None:
    events = read(path.read_bytes())
    assert [(event.stream, event.entity_id, event.operation) for event in events] == MEANT[path.stem]


def test_a_notification_orders_nothing_but_a_deletion_which_is_final() -> None:
    (created,), (deleted,) = read(sample("webhook__message_created")), read(sample("webhook__message_deleted"))
    assert created.source_updated_at is None and deleted.source_updated_at == NOW


def test_an_id_of_a_notification_makes_it_one_event_else_what_changed_does() -> None:
    first, second = read(sample("webhook__messages_batch"))
    assert first.dedupe == (SUBSCRIPTION, MESSAGE, 'W/"CQAAABYAAAB4pay2"', "updated")
    assert second.dedupe[1] == "lsgTZMr9KwAAA"


def test_one_item_that_knows_the_secret_proves_the_batch_and_none_that_does_not() -> None:
    assert verdict(batch("right"), "right").is_authentic
    assert verdict(batch("wrong", "right"), "old", "right").is_authentic
    assert verdict(batch("wrong", "other"), "right") == Verdict(False, "signature_mismatch")
    assert verdict(batch(None), "right") == Verdict(False, "missing_signature")
    assert verdict(b"", "right") == Verdict(False, "missing_signature")
    assert verdict(batch("right")) == Verdict(False, "no_secret")
    assert verdict(batch(""), "").reason == "no_secret"


def test_no_secret_is_left_of_an_authentic_body_and_all_else_is_left_as_it_was() -> None:
    body = sample("webhook__messages_batch").replace(b"filled in when sent", b"of-ours")
    redacted = redact(body)
    assert verdict(body, "of-ours").is_authentic and b"of-ours" not in redacted
    assert redacted.replace(b'"clientState": "redacted"', b'"clientState": "of-ours"') == body
    assert [one.dedupe for one in read(redacted)] == [one.dedupe for one in read(body)]


def test_a_truncated_batch_is_still_proved_redacted_and_then_quarantined() -> None:
    body = sample("webhook__message_created").replace(b"filled in when sent", b"of-ours")[:-40]
    assert verdict(body, "of-ours").is_authentic and b"of-ours" not in redact(body)
    with pytest.raises(Unreadable):
        read(redact(body))


@pytest.mark.parametrize("token", ["Validation: Testing client application reachability", "<b>&+/ü", "a=b"])
def test_a_new_address_echoes_the_token_and_nothing_else(token: str) -> None:
    url = f"https://hooks.payready.example/hooks/outlook?key=k&validationToken={quote(token, safe='')}"
    greeting = greet(Delivery("outlook", "default", "POST", url, {}, b"", NOW))
    assert greeting and greeting.secret is None
    assert (greeting.answer.body, greeting.answer.content_type) == (token, "text/plain")


def test_a_notification_is_no_greeting() -> None:
    assert greet(delivery("outlook", sample("webhook__message_created"))) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"value": []}', b'{"value": {}}', b'{"value', b'{"a": "\xff"}'])
def test_refuses_to_read_what_is_no_batch(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


def test_an_item_that_cannot_be_read_is_quarantined_and_its_neighbours_are_not() -> None:
    whole = json.loads(sample("webhook__message_created"))
    body = json.dumps({"value": [{"changeType": "created"}, *whole["value"], {"subscriptionId": "s"}, 7]}).encode()
    assert [event.stream for event in read(body)] == ["quarantine", "message", "quarantine", "quarantine"]


def test_garbage_never_raises_anything_but_unreadable() -> None:
    rng, bodies = random.Random(5), [path.read_bytes() for path in BODIES]
    for _ in range(1_000):
        body = bytearray(rng.choice(bodies))
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(body))
            body[place : place + rng.randint(0, 6)] = rng.randbytes(rng.randint(0, 3))
        verdict(bytes(body), "x")
        try:
            assert read(redact(bytes(body)))
        except Unreadable:
            continue


@pytest.mark.skipif(not (FIXTURES / "synthetic").exists(), reason="needs the shared fixtures")
def test_reads_the_fixtures() -> None:
    for name, stream in (("graph_change_notification", "message"), ("graph_lifecycle", "lifecycle_event")):
        body = (FIXTURES / "synthetic" / f"{name}.json").read_bytes()
        assert verdict(body, "test-client-state").is_authentic
        assert [event.stream for event in read(redact(body))] == [stream]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (200, "", "ok"),
        (204, "", "ok"),
        (401, "InvalidAuthenticationToken", "expired"),
        (403, "ErrorAccessDenied", "skip"),
        (404, "ErrorItemNotFound", "empty"),
        (404, "ErrorInvalidUser", "refused"),
        (404, "", "refused"),
        (409, "Conflict", "refused"),
        (410, "resyncChangesUploadDifferences", "forgotten"),
        (400, "syncStateInvalid", "forgotten"),
        (404, "SyncStateNotFound", "forgotten"),
        (400, "resyncRequired", "forgotten"),
        (400, "BadRequest", "refused"),
        (429, "TooManyRequests", "retry"),
        (503, "serviceNotAvailable", "retry"),
        (504, "UnknownError", "retry"),
    ],
)
def test_what_an_answer_means(status: int, code: str, kind: str) -> None:
    ruling = judge(answer({"error": {"code": code}} if code else b"", status, retry_after="17"))
    assert ruling.kind == kind
    assert ruling.after_s == (17.0 if kind == "retry" else None)


def test_an_html_page_instead_of_an_error_is_judged_by_its_status() -> None:
    assert judge(answer(b"<html>", 503)).kind == "retry"
    assert judge(answer(b"<html>", 400)).kind == "refused"


def test_a_token_is_asked_for_at_the_tenants_authority_alone_unless_an_option_says_otherwise() -> None:
    held = {"tenant_id": "t", "client_id": "c", "client_secret": "s"}
    request = LOGIN.request(Connection("outlook", "default", "", held), NOW)
    assert request.path == "https://login.microsoftonline.com/t/oauth2/v2.0/token" and request.method == "POST"
    assert request.form and request.form["scope"] == "https://graph.microsoft.com/.default"
    national = Connection("outlook", "default", "", held, {"login_url": "https://login.microsoftonline.us/t/token"})
    assert LOGIN.request(national, NOW).path == "https://login.microsoftonline.us/t/token"
