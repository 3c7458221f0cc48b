"""How the four vendors sign what they send, from their side: credentials, and the headers of a delivery.

Written from the vendors' documents, without looking at our verifiers, so that the two check each other:
- Slack: docs.slack.dev, "Verifying requests from Slack"
- GitHub: docs.github.com, "Validating webhook deliveries"; X-Hub-Signature is the older SHA-1 form, still sent
- HubSpot: developers.hubspot.com, "Validating requests"; CRM events carry the v1 and the v3 signature together
- Gong: help.gong.io, "Prepare your receiving application to receive a webhook", JWT in the header
"""

import base64
import functools
import hashlib
import hmac
import json
import random
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import unquote

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from . import rsa_key

GONG_TOKEN_LIFE = timedelta(minutes=5)
"""Gong does not publish how long its tokens live."""


def sign(
    source: str,
    body: bytes,
    url: str,
    credentials: Mapping[str, Any],
    now: datetime,
    event_type: str | None = None,
    delivery_id: str | None = None,
) -> dict[str, str]:
    """The headers of a POST of body to url at now, as that vendor sends them.

    credentials are what the vendor keeps (new_credentials). event_type and delivery_id matter to GitHub alone; without
    a delivery id the same event and body bear the same one, as in a redelivery.

    Raises KeyError for a source that has no signature here.
    """
    signers: dict[str, Callable[[bytes, str, Mapping[str, Any], datetime], dict[str, str]]] = {
        "slack": _slack,
        "github": functools.partial(_github, event_type=event_type, delivery_id=delivery_id),
        "hubspot": _hubspot,
        "gong": _gong,
    }
    return {"Content-Type": _content_type(body)} | signers[source](body, url, credentials, now)


def new_credentials(source: str, rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the receiver stores in its secret, and what the vendor keeps, for one connection.

    A seeded rng gives the same credentials again, which is for the laptop only; secrets.SystemRandom() gives real ones.

    Raises KeyError for a source that has no signature here.
    """
    asked: dict[str, Any] = {
        "slack": lambda: {"bot_token": f"xoxb-{_digits(rng, 12)}-{_digits(rng, 12)}-{_hex(rng, 24)}"},
        "github": lambda: {"token": f"github_pat_{_hex(rng, 40)}"},
        "hubspot": lambda: {"access_token": f"pat-na1-{_guid(rng)}"},
        "gong": lambda: {"access_key": _hex(rng, 32).upper(), "access_key_secret": _hex(rng, 64)},
    }[source]()
    if source == "gong":
        key = rsa_key.generate(rng)
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        shown, kept = base64.b64encode(public).decode(), {"private_key": private.decode()}
    else:
        shown = _guid(rng) if source == "hubspot" else _hex(rng, 32)
        kept = {"signing_secret": shown}
    return {"signing_secrets": [shown], **asked}, {**kept, **asked}


def _slack(body: bytes, url: str, credentials: Mapping[str, Any], now: datetime) -> dict[str, str]:
    timestamp = str(int(now.timestamp()))
    signature = _hmac(credentials["signing_secret"], f"v0:{timestamp}:".encode() + body, "sha256").hex()
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={signature}",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
    }


def _github(
    body: bytes,
    url: str,
    credentials: Mapping[str, Any],
    now: datetime,
    event_type: str | None,
    delivery_id: str | None,
) -> dict[str, str]:
    secret = credentials["signing_secret"]
    event_type = event_type or "ping"
    return {
        "X-GitHub-Event": event_type,
        "X-GitHub-Delivery": delivery_id or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{event_type} {_sha256(body)}")),
        "X-Hub-Signature-256": f"sha256={_hmac(secret, body, 'sha256').hex()}",
        "X-Hub-Signature": f"sha1={_hmac(secret, body, 'sha1').hex()}",
        "User-Agent": "GitHub-Hookshot/0000000",
    }


def _hubspot(body: bytes, url: str, credentials: Mapping[str, Any], now: datetime) -> dict[str, str]:
    secret, timestamp = credentials["signing_secret"], str(int(now.timestamp() * 1000))
    signed = b"POST" + unquote(url).encode() + body + timestamp.encode()
    return {
        "X-HubSpot-Request-Timestamp": timestamp,
        "X-HubSpot-Signature-v3": base64.b64encode(_hmac(secret, signed, "sha256")).decode(),
        "X-HubSpot-Signature": _sha256(secret.encode() + body),
        "X-HubSpot-Signature-Version": "v1",
        "X-HubSpot-Timeout-Millis": "10000",
        "User-Agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/) (namespace: webhooks-nio-http-client)",
    }


def _gong(body: bytes, url: str, credentials: Mapping[str, Any], now: datetime) -> dict[str, str]:
    expires_at = int((now + GONG_TOKEN_LIFE).timestamp())
    claims = {"webhook_url": url, "body_sha256": _sha256(body), "exp": expires_at}
    signed = ".".join(_base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    signature = _private_key(credentials["private_key"]).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return {"Authorization": f"Bearer {signed}.{_base64url(signature)}"}


@functools.cache
def _private_key(pem: str) -> rsa.RSAPrivateKey:
    return cast(rsa.RSAPrivateKey, serialization.load_pem_private_key(pem.encode(), password=None))


def _content_type(body: bytes) -> str:
    is_json = body.lstrip()[:1] in (b"{", b"[")
    return "application/json" if is_json else "application/x-www-form-urlencoded"


def _hmac(secret: str, signed: bytes, digest: str) -> bytes:
    return hmac.digest(secret.encode(), signed, digest)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _base64url(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def _hex(rng: random.Random, digits: int) -> str:
    return f"{rng.getrandbits(4 * digits):0{digits}x}"


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def _guid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
