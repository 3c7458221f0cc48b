"""What leaves a vendor: the address, the bytes and the headers of a delivery, as that vendor makes them.

How each one signs is in its hooks/<source>.py, from the vendor's documents and without a look at our verifiers.
"""

import hashlib
import hmac
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import vendors
from .vendor import Outgoing


@dataclass(frozen=True, slots=True)
class Signed:
    """A POST that is ready to go."""

    url: str
    body: bytes
    headers: dict[str, str]


def sign(
    source: str,
    body: bytes,
    url: str,
    keys: Mapping[str, Any],
    now: datetime,
    event_type: str | None = None,
    delivery_id: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Signed:
    """A POST of body to url at now. keys are what the vendor keeps (new_credentials).

    event_type and delivery_id matter to the vendors that put them into headers; headers are others with a meaning.
    Raises KeyError for a source without a stand-in.
    """
    vendor = vendors.load(source)
    stamped = vendor.dated(vendor.stamp(body, keys), now)
    outgoing = Outgoing(stamped, vendor.address(url, keys), keys, now, event_type, delivery_id, headers or {})
    made = {"Content-Type": _content_type(outgoing.body), **outgoing.headers, **vendor.sign(outgoing)}
    return Signed(outgoing.url, outgoing.body, made)


def new_credentials(source: str, rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the receiver stores in its secret, and what the vendor keeps, for one connection.

    A seeded rng gives the same credentials again, which is for the laptop only; secrets.SystemRandom() gives real ones.

    Raises KeyError for a source without a stand-in.
    """
    return vendors.load(source).new_credentials(rng)


def shared(rng: random.Random, secret: str = "", **asked: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The credentials of a vendor that shares one signing secret with us; asked is what its API wants to see."""
    secret = secret or hexadecimal(rng, 32)
    return {"signing_secrets": [secret], **asked}, {"signing_secret": secret, **asked}


def keyed_digest(secret: str, signed: bytes, digest: str = "sha256") -> bytes:
    return hmac.digest(secret.encode(), signed, digest)


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def hexadecimal(rng: random.Random, digits: int) -> str:
    return f"{rng.getrandbits(4 * digits):0{digits}x}"


def decimal(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def guid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _content_type(body: bytes) -> str:
    is_json = body.lstrip()[:1] in (b"{", b"[")
    return "application/json" if is_json else "application/x-www-form-urlencoded"
