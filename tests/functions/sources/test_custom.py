"""What a custom connection can be configured to take, its senders' vectors, and that mistakes fail closed."""

import base64
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.errors import Unreadable
from chalicelib.ingest.quarantine import envelopes, reread
from chalicelib.ingest.receive import Receiver
from chalicelib.ingest.secrets import Credentials
from chalicelib.ingest.source import Delivery, Event
from chalicelib.sources.custom import source
from infra.company.hooks.custom import SETTINGS as BILLING

NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
STANDARD = {"scheme": "standard", "stream": "$.type"}
N8N = {
    "scheme": "hmac",
    "header": "X-Signature",
    "prefix": "sha256=",
    "signed": "{timestamp}.{body}",
    "timestamp": "X-Signature-Timestamp",
    "delivery_id": "X-Delivery-Id",
    "stream": "$.event",
    "streams": {"ticket.*": "ticket"},
    "id": "id",
}
ESTUARY = {
    "scheme": "hmac",
    "header": "X-Signature",
    "signed": "v1:{timestamp}.{body}",
    "timestamp": "X-Timestamp",
    "stream": "document",
}


def delivery(body: bytes, settings: dict[str, Any], headers: dict[str, str] | None = None) -> Delivery:
    lower = {name.lower(): told for name, told in (headers or {}).items()}
    return Delivery("custom", "default", "POST", "https://hooks.example/hooks/custom", lower, body, NOW, settings)


def verdict(told: Delivery, secrets: list[str], at: float) -> str:
    assert source.webhook
    return source.webhook.scheme.verify(told, secrets, datetime.fromtimestamp(at, UTC)).reason


def read(body: Any, settings: dict[str, Any], headers: dict[str, str] | None = None) -> list[Event]:
    assert source.webhook
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(source.webhook.read(delivery(raw, settings, headers)))


# The reference vector of the Standard Webhooks libraries.
SPEC_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SPEC_AT = 1614265330
SPEC_V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER_V1 = "v1," + base64.b64encode(b"\0" * 32).decode()


@pytest.mark.parametrize(
    ("signature", "secrets", "age_s", "expected"),
    [
        (SPEC_V1, [SPEC_KEY], 0, "ok"),
        (SPEC_V1, [SPEC_KEY.removeprefix("whsec_")], 0, "ok"),
        (f"{OTHER_V1} {SPEC_V1}", [SPEC_KEY], 0, "ok"),
        (f"v1a,abc {SPEC_V1}", [SPEC_KEY], 0, "ok"),
        (SPEC_V1, ["whsec_" + "A" * 32, SPEC_KEY], 299, "ok"),
        (OTHER_V1, [SPEC_KEY], 0, "signature_mismatch"),
        (SPEC_V1, [SPEC_KEY], 301, "stale"),
        (SPEC_V1, [SPEC_KEY], -301, "future"),
        ("v1a,abc", [SPEC_KEY], 0, "alg_not_allowed"),
        (SPEC_V1.replace("v1,", "v1="), [SPEC_KEY], 0, "malformed_signature"),
        (SPEC_V1, [], 0, "no_secret"),
        (SPEC_V1, ["whsec_no base64!"], 0, "no_secret"),
        ("", [SPEC_KEY], 0, "missing_signature"),
    ],
)
def test_standard_webhooks_is_judged_as_its_specification_says(
    signature: str, secrets: list[str], age_s: int, expected: str
) -> None:
    headers = {"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": str(SPEC_AT)}
    told = delivery(b'{"test": 2432232314}', STANDARD, headers | {"webhook-signature": signature})
    assert verdict(told, secrets, SPEC_AT + age_s) == expected


@pytest.mark.parametrize(("now", "expected"), [(1767582245, "ok"), (1767582546, "stale")])
def test_n8n_signs_as_our_contract_with_it_says(now: int, expected: str) -> None:
    headers = {
        "X-Signature-Timestamp": "1767582245",
        "X-Signature": "sha256=f310106c7a55eccb1d1d28d0787124c5a3475bab2fdddee491fa7ad9905c472e",
        "X-Delivery-Id": "1001-0",
    }
    body = b'{"event":"ticket.created","id":1}'
    assert verdict(delivery(body, N8N, headers), ["n8n-contract-test-secret"], now) == expected
    (event,) = read(body, N8N, headers)
    assert (event.stream, event.entity_id, event.operation) == ("ticket", "1", "event")
    assert event.dedupe == ("1001-0",)


def test_estuarys_signing_template_is_a_configuration() -> None:
    # A template and a key of estuary/connectors' own tests for source-http-ingest.
    headers = {
        "X-Signature": "ae8db610c82e3e0520ceaa8fe3df71dc0a05faac2fee70e5fac032687cc3417e",
        "X-Timestamp": "12345",
    }
    assert verdict(delivery(b"body", ESTUARY, headers), ["super-secret-key"], 12345) == "ok"


def test_a_composite_header_with_its_clock_inside_is_a_configuration() -> None:
    composite = {
        "scheme": "hmac",
        "header": "pay-signature",
        "signed": "{timestamp}.{body}",
        "part": "v1",
        "timestamp": "t",
        "timestamp_at": "part",
        "stream": "payment",
    }
    signature = hmac.digest(b"key", b"12345.{}", "sha256").hex()
    assert verdict(delivery(b"{}", composite, {"Pay-Signature": f"t=12345,v1={signature}"}), ["key"], 12345) == "ok"


@pytest.mark.parametrize(
    ("settings", "headers", "expected"),
    [
        ({}, {"Authorization": "Bearer right"}, "ok"),
        ({}, {"Authorization": "right"}, "malformed_signature"),
        ({}, {"Authorization": "Bearer wrong"}, "signature_mismatch"),
        ({}, {}, "missing_signature"),
        ({"header": "X-Api-Key"}, {"X-API-KEY": "right"}, "ok"),
        ({"header": "X-Api-Key", "prefix": "Token "}, {"X-Api-Key": "Token right"}, "ok"),
    ],
)
def test_a_bearer_token_may_stand_in_a_header_of_ones_own(
    settings: dict[str, str], headers: dict[str, str], expected: str
) -> None:
    told = delivery(b"{}", {"scheme": "bearer", "stream": "lead", **settings}, headers)
    assert verdict(told, ["right"], NOW.timestamp()) == expected


@pytest.mark.parametrize(
    ("settings", "expected", "fix"),
    [
        ({}, "no_secret", '"webhook"'),
        ({"stream": "invoice"}, "alg_not_allowed", "scheme"),
        ({"scheme": "none", "stream": "invoice"}, "alg_not_allowed", "scheme"),
        ({"scheme": "standard"}, "alg_not_allowed", '"stream" is missing'),
        ({**STANDARD, "straem": "x"}, "alg_not_allowed", "straem"),
        ({"scheme": "hmac", "stream": "x"}, "alg_not_allowed", '"header" is missing'),
        ({**N8N, "signed": "{timestamp}"}, "alg_not_allowed", "{body}"),
        ({**N8N, "timestamp": ""}, "alg_not_allowed", "{timestamp}"),
        ({**N8N, "signed": "{body}"}, "alg_not_allowed", "{timestamp}"),
        ({**N8N, "timestamp_at": "part"}, "alg_not_allowed", '"part" is missing'),
        ({**STANDARD, "operations": {"*": "upsrt"}}, "alg_not_allowed", "operations"),
    ],
)
def test_a_wrong_configuration_refuses_everything_and_the_log_says_what_to_fix(
    settings: dict[str, Any], expected: str, fix: str, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Authorization": "Bearer right", "X-Signature": "sha256=" + "0" * 64}
    assert verdict(delivery(b"{}", settings, headers), ["right"], NOW.timestamp()) == expected
    (logged,) = [record.__dict__["fix"] for record in caplog.records]
    assert fix in logged and "right" not in logged


def test_the_companys_billing_events_tell_stream_id_operation_and_clock() -> None:
    body = {"type": "invoice.paid", "timestamp": "2026-11-12T09:31:40.120Z", "data": {"id": "in_1", "status": "paid"}}
    (event,) = read(body, BILLING, {"webhook-id": "msg_1"})
    assert (event.stream, event.entity_id, event.operation) == ("invoice", "in_1", "upsert")
    assert event.source_updated_at == datetime(2026, 11, 12, 9, 31, 40, 120_000, tzinfo=UTC)
    assert (event.dedupe, event.delivery_id) == (("msg_1",), "msg_1")

    (gone,) = read(body | {"type": "invoice.deleted"}, BILLING)
    assert gone.operation == "delete"
    (unheard_of,) = read(body | {"type": "lease.renewed"}, BILLING)
    assert unheard_of.stream == "unknown"


@pytest.mark.parametrize(
    ("batch", "body"),
    [
        ("$", b'[{"type": "a", "n": 1}, {"type": "b", "n": 2}]'),
        ("$.page.rows", b'{"page": {"rows": [{"type": "a", "n": 1}, {"type": "b", "n": 2}]}}'),
        ("ndjson", b'{"type": "a", "n": 1}\n{"type": "b", "n": 2}\n'),
    ],
)
def test_a_batch_is_as_many_events_each_known_by_its_place(batch: str, body: bytes) -> None:
    settings = {**STANDARD, "id": "n", "batch": batch}
    events = read(body, settings, {"webhook-id": "msg_1"})
    assert [(one.stream, one.entity_id, one.dedupe) for one in events] == [
        ("a", "1", ("msg_1", "0")),
        ("b", "2", ("msg_1", "1")),
    ]


def test_one_unreadable_element_does_not_stop_its_neighbours() -> None:
    settings = {**STANDARD, "id": "n", "batch": "$"}
    events = read([{"type": "a", "n": 1}, {"type": "a"}, {"type": "a", "n": True}, {"n": 4}], settings)
    assert [one.stream for one in events] == ["a", "quarantine", "quarantine", "quarantine"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2026-11-12T09:31:40Z", "2026-11-12T09:31:40+00:00"),
        (1_794_476_000, "2026-11-12T09:33:20+00:00"),
        (1_794_476_000_250, "2026-11-12T09:33:20.250000+00:00"),
        ("1794476000250", "2026-11-12T09:33:20.250000+00:00"),
        (None, None),
        ("soon", None),
    ],
)
def test_a_clock_may_be_text_seconds_or_milliseconds(told: Any, expected: str | None) -> None:
    (event,) = read({"type": "x", "at": told}, {**STANDARD, "updated_at": "at"})
    assert event.source_updated_at == (datetime.fromisoformat(expected) if expected else None)


def test_operations_are_told_by_a_word_a_path_or_the_events_own_name() -> None:
    cases = [
        ({"operation": "upsert"}, {"type": "x"}, "upsert"),
        ({"operation": "$.op"}, {"type": "x", "op": "delete"}, "delete"),
        ({"operation": "$.op"}, {"type": "x", "op": "drop"}, "event"),
        (
            {"operation": "$._meta.op", "operations": {"c": "upsert", "d": "delete"}},
            {"type": "x", "_meta": {"op": "d"}},
            "delete",
        ),
        ({}, {"type": "x"}, "event"),
    ]
    for settings, body, expected in cases:
        assert read(body, {**STANDARD, **settings})[0].operation == expected


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b'{"a": "\xff"}', b'{"type":' * 30_000, b'{"type": ""}'])
def test_refuses_to_read_what_tells_no_stream_or_is_no_json(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body, STANDARD)


class Held:
    """The secrets of one connection, and a store nobody may use."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials

    def active(self, source: str, connection_id: str) -> Credentials:
        return self.credentials

    def renewed(self, source: str, connection_id: str, tried: Credentials) -> None:
        return None

    def learn(self, source: str, connection_id: str, secret: str) -> None:
        raise AssertionError

    def send(self, lines: bytes, **about: Any) -> None:
        raise AssertionError("stored what was not proven")


def test_a_connection_without_a_configuration_is_answered_401() -> None:
    held = Held(Credentials(signing_secrets=("right",)))
    receiver = Receiver(find=lambda name: source, secrets=held, store=held, max_body_bytes=1000)
    told = delivery(b"{}", {}, {"Authorization": "Bearer right"})
    reply = receiver.receive(told, "trace")
    assert (reply.status, reply.reason) == (401, "no_secret")


def test_what_a_wrong_path_put_into_quarantine_is_read_once_the_path_is_right() -> None:
    assert source.webhook
    wrong = delivery(b'{"type": "invoice", "data": {"id": "in_1"}}', {**STANDARD, "id": "data.number"})
    (quarantined,) = envelopes(source.webhook, wrong, "0" * 64, "trace")
    assert quarantined.stream == "quarantine"
    (read_again,) = reread(source.webhook, quarantined, {**STANDARD, "id": "data.id"})
    assert (read_again.stream, read_again.entity_id) == ("invoice", "in_1")
