"""A vendor, its secrets, a store and a lake to receive and land with, none of them real."""

import gzip
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

import msgspec

from chalicelib.errors import LakeUnavailable, QueueUnavailable, Unreadable
from chalicelib.ingest.secrets import Credentials
from chalicelib.ingest.signatures import Hmac
from chalicelib.ingest.source import Answer, Delivery, Event, Source, Webhook
from events.envelope import Envelope, decode

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECRET = "of-the-vendor"  # noqa: S105  of a vendor that is not


class Thing(msgspec.Struct):
    """What the vendor sends: one thing, or a list of them; `shout` asks for an answer."""

    id: str
    shout: str = ""


def read(delivery: Delivery) -> Sequence[Event]:
    if delivery.body.startswith(b"["):
        raw = msgspec.json.decode(delivery.body, type=list[msgspec.Raw])
        return [_event(bytes(one)) for one in raw]
    if delivery.body == b'"odd"':
        raise Unreadable("odd", "a string")
    if delivery.body == b'"bug"':
        raise KeyError("a hole in the reading")
    return [_event(delivery.body)]


def _event(payload: bytes) -> Event:
    return Event("thing", msgspec.json.decode(payload, type=Thing).id, "upsert", payload)


def shake(delivery: Delivery) -> Answer | None:
    shout = msgspec.json.decode(delivery.body, type=Thing).shout
    return Answer(shout) if shout else None


VENDOR = Source(
    name="vendor",
    title="A vendor",
    webhook=Webhook(scheme=Hmac("x-signature"), read=read, answer_within_s=3, handshake=shake),
    pull=None,
)
PULLED_ONLY = Source(name="pulled", title="No webhook", webhook=None, pull=None)


def find(name: str) -> Source | None:
    return {"vendor": VENDOR, "pulled": PULLED_ONLY}.get(name)


def signature(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def delivery(body: bytes, secret: str = SECRET, source: str = "vendor", connection_id: str = "default") -> Delivery:
    headers = {"x-signature": signature(body, secret), "content-type": "application/json", "authorization": "hidden"}
    return Delivery(source, connection_id, "POST", f"https://hooks.example/hooks/{source}", headers, body, NOW)


class FakeSecrets:
    """before is what the cache holds, after what a new reading finds."""

    def __init__(
        self,
        before: tuple[str, ...] | None = (SECRET,),
        after: tuple[str, ...] | None = None,
        url_keys: tuple[str, ...] = (),
    ) -> None:
        self.before = None if before is None else Credentials(before, url_keys)
        self.after = None if after is None else Credentials(after, url_keys)
        self.learned: list[str] = []

    def active(self, source: str, connection_id: str) -> Credentials | None:
        return self.before if connection_id == "default" else None

    def renewed(self, source: str, connection_id: str, tried: Credentials) -> Credentials | None:
        return self.after

    def learn(self, source: str, connection_id: str, secret: str) -> None:
        self.learned.append(secret)


class FakeStore:
    """Keeps what is sent; broken, it keeps nothing and says so."""

    def __init__(self, is_broken: bool = False) -> None:
        self.is_broken = is_broken
        self.sent: list[bytes] = []

    def send(self, lines: bytes, *, source: str, day: date) -> None:
        if self.is_broken:
            raise QueueUnavailable("the queue is away")
        self.sent.append(lines)


class FakeLake:
    """A lake in memory; keys that contain `broken_part` are not taken."""

    def __init__(self, broken_part: str = "\x00") -> None:
        self.objects: dict[str, bytes] = {}
        self.broken_part = broken_part

    def put(self, key: str, body: bytes) -> None:
        if self.broken_part in key:
            raise LakeUnavailable(f"{key} was not written")
        self.objects[key] = body

    def get(self, key: str) -> bytes | None:
        if self.broken_part in key:
            raise LakeUnavailable(f"{key} was not read")
        return self.objects.get(key)

    def keys(self, prefix: str, after: str = "") -> Iterator[str]:
        return iter(sorted(key for key in self.objects if key.startswith(prefix) and key > prefix + after))

    def envelopes(self) -> list[Envelope]:
        """What has landed, object by object in the order they were first written."""
        packed = (body for key, body in self.objects.items() if key.startswith("events/"))
        return [decode(line) for body in packed for line in gzip.decompress(body).splitlines()]
