"""What a vendor is answered, and what is stored when it is told that it was."""

import base64
import hashlib
import json

import msgspec
import pytest
from edge_fakes import NOW, SECRET, VENDOR, FakeSecrets, FakeStore, delivery, find

from chalicelib.errors import AwsCallFailed, ConfigurationMissing
from chalicelib.ingest.quarantine import reread
from chalicelib.ingest.receive import Receiver, Reply
from chalicelib.ingest.secrets import Credentials
from events.envelope import Envelope, decode

THING = b'{"id": "t1", "n": 1.50}'


def receiver(store: FakeStore, secrets: FakeSecrets | None = None) -> Receiver:
    return Receiver(find, secrets or FakeSecrets(), store, max_body_bytes=1000)


def received(body: bytes) -> tuple[Reply, list[Envelope]]:
    store = FakeStore()
    reply = receiver(store).receive(delivery(body), "trace-1")
    return reply, [decode(line) for lines in store.sent for line in lines.splitlines()]


def test_stores_a_delivery_and_tells_where_to_find_it():
    reply, (envelope,) = received(THING)

    assert reply.status == 200
    assert json.loads(reply.body) == {"events": 1, "event_ids": [envelope.event_id], "trace_id": "trace-1"}
    assert bytes(envelope.payload) == THING
    assert (envelope.source, envelope.stream, envelope.entity_id, envelope.lane) == ("vendor", "thing", "t1", "webhook")
    assert (envelope.trace_id, envelope.received_at, envelope.connection_id) == ("trace-1", NOW, "default")
    assert envelope.body_sha256 == hashlib.sha256(THING).hexdigest()
    assert envelope.raw_body is None


@pytest.mark.parametrize(
    "body",
    [
        b'[{"id": "a"}, {"id": "b"}]',
        b'{\n "id": "a"\n}',
        b' {"id": "a"} ',
        '{"id": "é",\r\n "x": "♥"}'.encode(),
    ],
)
def test_keeps_the_exact_body_where_payloads_do_not_reproduce_it(body):
    _, stored = received(body)

    assert stored[0].raw_body is not None
    assert hashlib.sha256(stored[0].raw_body.encode()).hexdigest() == stored[0].body_sha256
    assert all(envelope.raw_body is None for envelope in stored[1:])
    assert all(b"\n" not in bytes(envelope.payload) for envelope in stored)


@pytest.mark.parametrize(
    ("source", "connection_id", "status"),
    [("nobody", "default", 404), ("pulled", "default", 404), ("vendor", "other", 404), ("vendor", "default", 200)],
)
def test_answers_404_to_what_does_not_exist(source, connection_id, status):
    store = FakeStore()

    reply = receiver(store).receive(delivery(THING, source=source, connection_id=connection_id), "t")

    assert reply.status == status
    assert len(store.sent) == (status == 200)


def test_refuses_a_wrong_signature_and_stores_nothing():
    store = FakeStore()

    reply = receiver(store).receive(delivery(THING, secret="wrong"), "t")

    assert (reply.status, json.loads(reply.body)["refused"]) == (401, "signature_mismatch")
    assert store.sent == []


def test_refuses_everything_where_a_connection_has_no_secret():
    store = FakeStore()

    assert receiver(store, FakeSecrets(before=())).receive(delivery(THING), "t").status == 401
    assert store.sent == []


def test_takes_a_delivery_signed_with_a_secret_that_was_rotated_a_moment_ago():
    store = FakeStore()
    secrets = FakeSecrets(before=("old",), after=("old", SECRET))

    assert receiver(store, secrets).receive(delivery(THING), "t").status == 200
    assert len(store.sent) == 1


def test_refuses_a_body_that_is_too_large():
    assert received(b'"' + b"x" * 1000 + b'"') == (
        Reply(413, "too_large", '{"refused":"too_large","trace_id":"trace-1"}'),
        [],
    )


def test_asks_to_try_again_when_nothing_was_stored():
    reply = receiver(FakeStore(is_broken=True)).receive(delivery(THING), "t")

    assert (reply.status, reply.headers) == (503, {"Retry-After": "5"})
    assert "away" not in reply.body


@pytest.mark.parametrize(
    "error", [AwsCallFailed("no answer", "unreachable"), ConfigurationMissing("no JSON"), RuntimeError("a bug")]
)
def test_asks_to_try_again_when_secrets_cannot_be_read(error):
    class Broken(FakeSecrets):
        def active(self, source: str, connection_id: str) -> Credentials | None:
            raise error

    store = FakeStore()

    assert receiver(store, Broken()).receive(delivery(THING), "t").status == 503
    assert store.sent == []


def test_answers_a_verified_handshake_and_no_other():
    body = b'{"id": "", "shout": "hello"}'
    store = FakeStore()

    assert receiver(store).receive(delivery(body), "t").body == "hello"
    assert receiver(store).receive(delivery(body, secret="wrong"), "t").status == 401
    assert store.sent == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"<html>", "not_json"),
        (b'{"id": "t1"', "not_json"),
        (b'{"id": 5}', "not_json"),
        (b'{"id": "t1", "x": "\xff"}', "not_utf8"),
        ('{"id": "t1"}'.encode("utf-16"), "not_json"),
        (b"[]", "no_events"),
        (b"[" * 900, "not_json"),
        (b'"odd"', "odd"),
        (b'"bug"', "read_failed"),
    ],
)
def test_quarantines_what_is_authentic_but_cannot_be_read(body, reason):
    reply, (envelope,) = received(body)

    payload = msgspec.json.decode(envelope.payload)
    assert reply.status == 200
    assert (envelope.stream, envelope.operation, payload["reason"]) == ("quarantine", "event", reason)
    assert base64.b64decode(payload["body_base64"]) == body
    assert "authorization" not in payload["headers"]


def test_the_same_unreadable_delivery_sent_again_is_the_same_event():
    assert received(b"<html>")[1][0].event_id == received(b"<html>")[1][0].event_id


def test_reads_a_quarantined_delivery_again_once_its_source_can():
    _, (kept,) = received(b"<html>")
    body = base64.b64encode(THING).decode()
    payload = msgspec.json.decode(kept.payload) | {"body_base64": body}
    kept = msgspec.structs.replace(kept, payload=msgspec.Raw(msgspec.json.encode(payload)))

    (envelope,) = reread(VENDOR.webhook, kept)

    assert (envelope.stream, envelope.entity_id, envelope.trace_id) == ("thing", "t1", "trace-1")
    assert envelope.received_at == NOW
