"""How vendors prove a delivery is theirs: Hmac and PlainSha256 to configure, HubSpotSignature and GongJwt as they are.

Every scheme answers with a Verdict and never raises; what is missing, malformed or cannot be checked is refused. The
signature is judged before the clock, so `stale` and `future` mean a delivery that once was right. Comparisons take
constant time. Header names are given in lower case.

    Hmac("x-hub-signature-256", prefix="sha256=")                                              # GitHub, Notion
    Hmac("x-slack-signature", "v0:{timestamp}:{body}", prefix="v0=",
         time=SignedTime("x-slack-request-timestamp"))                                          # Slack
    Hmac("x-hub-signature", prefix="sha1=", digest="sha1")                                      # Intercom
    Hmac("linear-signature", time=SignedTime("webhookTimestamp", at="body", unit="ms", tolerance_s=60))   # Linear
    Hmac("x-zendesk-webhook-signature", "{timestamp}{body}", encoding="base64",
         time=SignedTime("x-zendesk-webhook-signature-timestamp", unit="rfc3339"))              # Zendesk
    Hmac("elevenlabs-signature", "{timestamp}.{body}", part="v0",
         time=SignedTime("t", at="part", tolerance_s=1800))                                     # ElevenLabs
"""

import base64
import functools
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .signed_time import OK, SignedTime, fresh, parts, timestamp_of
from .source import Delivery, Verdict

__all__ = ["GongJwt", "Hmac", "HubSpotSignature", "PlainSha256", "SignedTime"]

Encoding = Literal["hex", "base64"]
Digest = Literal["sha256", "sha1"]


@dataclass(frozen=True, slots=True)
class Hmac:
    """A keyed digest of a template filled with {body}, {timestamp}, {method} and {url}; the rest of it is literal.

    part names the piece of a composite header (`t=1,v0=abc`) that holds the signature; it may occur several times.
    """

    header: str
    signed: str = "{body}"
    prefix: str = ""
    part: str = ""
    encoding: Encoding = "hex"
    digest: Digest = "sha256"
    time: SignedTime | None = None
    covers_body: bool = True

    def verify(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> Verdict:
        def expected(secret: bytes) -> bytes:
            return hmac.digest(secret, _fill(self.signed, delivery, timestamp or "", secret), self.digest)

        header = delivery.headers.get(self.header, "")
        timestamp = timestamp_of(self.time, delivery, header) if self.time else None
        if not header or (self.time and timestamp is None):
            return Verdict(False, "missing_signature")
        given = parts(header, self.part) if self.part else [header]
        verdict = _compare(given, self.prefix, self.encoding, self.digest, secrets, expected)
        if self.time and verdict is OK:
            return fresh(timestamp or "", self.time, now)
        return verdict


@dataclass(frozen=True, slots=True)
class PlainSha256:
    """A digest without a key, the secret being part of the template: HubSpot's first two versions."""

    header: str
    signed: str
    covers_body: bool = True

    def verify(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> Verdict:
        def expected(secret: bytes) -> bytes:
            return hashlib.sha256(_fill(self.signed, delivery, "", secret)).digest()

        header = delivery.headers.get(self.header, "")
        if not header:
            return Verdict(False, "missing_signature")
        return _compare([header], "", "hex", "sha256", secrets, expected)


@dataclass(frozen=True, slots=True)
class HubSpotSignature:
    """Version 3 where its header is present, else the version the delivery names.

    CRM events are documented as v1 while v3 comes along; developers.hubspot.com/docs, "Validating requests". Versions
    1 and 2 sign no clock: against their replay only the event id helps.
    """

    v1: PlainSha256 = PlainSha256("x-hubspot-signature", "{secret}{body}")
    v2: PlainSha256 = PlainSha256("x-hubspot-signature", "{secret}{method}{url}{body}")
    v3: Hmac = Hmac(
        "x-hubspot-signature-v3",
        "{method}{url}{body}{timestamp}",
        encoding="base64",
        time=SignedTime("x-hubspot-request-timestamp", unit="ms"),
    )
    covers_body: bool = True

    def verify(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> Verdict:
        if self.v3.header in delivery.headers:
            return self.v3.verify(delivery, secrets, now)
        match delivery.headers.get("x-hubspot-signature-version", "v1"):
            case "v1":
                return self.v1.verify(delivery, secrets, now)
            case "v2":
                return self.v2.verify(delivery, secrets, now)
        return Verdict(False, "alg_not_allowed")


@dataclass(frozen=True, slots=True)
class GongJwt:
    """A JWT in `Authorization`, bare or as Bearer, whose claims bind the body, this endpoint and an end.

    The secrets are public keys, one per automation rule, as Gong shows them: bare base64 DER, or PEM.
    help.gong.io, "Prepare your receiving application … JWT header".
    """

    header: str = "authorization"
    covers_body: bool = True

    def verify(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> Verdict:
        from .jwt_rs256 import verified_claims  # noqa: PLC0415  cryptography costs a cold start 200 ms

        token = delivery.headers.get(self.header, "")
        if token[:7].lower() == "bearer ":
            token = token[7:]
        if not (token := token.strip()):
            return Verdict(False, "missing_signature")
        claims = verified_claims(token, secrets)
        if isinstance(claims, Verdict):
            return claims
        body_sha256 = hashlib.sha256(delivery.body).hexdigest()
        if not hmac.compare_digest(_bytes(claims.body_sha256), body_sha256.encode()):
            return Verdict(False, "body_hash_mismatch")
        if _same_place(claims.webhook_url) != _same_place(delivery.url):
            return Verdict(False, "uri_mismatch")
        return OK if claims.exp > now.timestamp() else Verdict(False, "expired")


def _compare(
    given: Sequence[str],
    prefix: str,
    encoding: Encoding,
    digest: Digest,
    secrets: Sequence[str],
    expected: Callable[[bytes], bytes],
) -> Verdict:
    shape = _SHAPES[encoding, digest]
    signatures = [text[len(prefix) :] for text in given if text.startswith(prefix)]
    signatures = [text.lower() if encoding == "hex" else text for text in signatures if shape.fullmatch(text)]
    if not signatures:
        return Verdict(False, "malformed_signature")
    keys = [_bytes(secret) for secret in secrets if secret.strip()]
    if not keys:
        return Verdict(False, "no_secret")
    for key in keys:
        raw = expected(key)
        right = raw.hex().encode() if encoding == "hex" else base64.b64encode(raw)
        if any([hmac.compare_digest(right, text.encode()) for text in signatures]):
            return OK
    return Verdict(False, "signature_mismatch")


_SHAPES = {
    ("hex", "sha256"): re.compile("[0-9a-fA-F]{64}"),
    ("hex", "sha1"): re.compile("[0-9a-fA-F]{40}"),
    ("base64", "sha256"): re.compile("[0-9A-Za-z+/]{43}="),
    ("base64", "sha1"): re.compile("[0-9A-Za-z+/]{27}="),
}


@functools.cache
def _pieces(template: str) -> tuple[str, ...]:
    return tuple(re.split(r"\{(\w+)\}", template))


def _fill(template: str, delivery: Delivery, timestamp: str, secret: bytes) -> bytes:
    pieces = _pieces(template)
    if pieces == ("", "body", ""):
        return delivery.body
    fields = {
        "body": delivery.body,
        "timestamp": _bytes(timestamp),
        "method": _bytes(delivery.method),
        "url": _bytes(delivery.url),
        "secret": secret,
    }
    return b"".join(fields[piece] if index % 2 else piece.encode() for index, piece in enumerate(pieces))


def _same_place(url: str) -> str:
    """A URL with its scheme and host in lower case and no slash at the end: what Gong's setup page may have altered."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{separator}{host.lower()}{slash}{path}".rstrip("/")


def _bytes(text: str) -> bytes:
    """Bytes of any text at all: JSON may hold lone surrogates, which strict UTF-8 refuses by raising."""
    return text.encode("utf-8", "surrogatepass")
