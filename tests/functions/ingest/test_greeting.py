"""Vendors that introduce themselves before they sign: believed only at an address that bears our key, however new."""

from datetime import UTC, datetime

import pytest

from chalicelib.ingest.receive import Receiver
from chalicelib.ingest.secrets import Credentials
from chalicelib.ingest.signatures import Hmac
from chalicelib.ingest.source import Answer, Delivery, Greeting, Source, Webhook

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Secrets:
    """What is remembered, what is in force by now, and what a handshake brought."""

    def __init__(self, remembered: Credentials, in_force: Credentials | None) -> None:
        self.remembered, self.in_force = remembered, in_force
        self.learnt: list[str] = []

    def active(self, source: str, connection_id: str) -> Credentials:
        return self.remembered

    def renewed(self, source: str, connection_id: str, tried: Credentials) -> Credentials | None:
        return self.in_force

    def learn(self, source: str, connection_id: str, secret: str) -> None:
        self.learnt.append(secret)

    def send(self, lines: bytes, *, source: str, day: object) -> None:
        raise AssertionError("a greeting is no event")


def _greet(delivery: Delivery) -> Greeting | None:
    return Greeting(Answer("hello"), "theirs")


@pytest.mark.parametrize(
    ("url_keys", "in_force", "query", "status"),
    [
        (("old",), None, "?key=old", 200),
        ((), ("new",), "?key=new", 200),
        (("old",), ("old", "new"), "?key=new", 200),
        (("old",), None, "?key=guessed", 401),
        (("old",), ("old", "new"), "?key=guessed", 401),
        ((), None, "?key=", 401),
        (("old",), None, "", 401),
    ],
)
def test_a_greeting_is_answered_where_its_key_is_in_force(url_keys, in_force, query, status):
    held = None if in_force is None else Credentials(url_keys=in_force)
    secrets = Secrets(Credentials(url_keys=url_keys), held)
    source = Source("vendor", "Vendor", Webhook(Hmac("x-signature"), lambda delivery: [], 5, greet=_greet), None)
    receiver = Receiver(find={"vendor": source}.get, secrets=secrets, store=secrets, max_body_bytes=100)

    url = f"https://hooks.payready.example/hooks/vendor{query}"
    reply = receiver.receive(Delivery("vendor", "default", "POST", url, {}, b"", NOW), "trace")

    assert (reply.status, secrets.learnt) == (status, ["theirs"] if status == 200 else [])
