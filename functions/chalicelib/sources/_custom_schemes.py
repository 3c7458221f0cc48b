"""How a custom webhook is proven, as its connection is configured: Standard Webhooks, a bearer token, an HMAC template.

What is not configured, or wrongly, is refused, and the log says what to fix. Facts: standardwebhooks.com, specification
1.0.0, "Signature scheme": `webhook-signature` holds one or more `v1,<base64>` between spaces, an HMAC-SHA256 of
`id.timestamp.body`; the key is what follows `whsec_`, in base64. `v1a` (Ed25519) is not taken.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..errors import Unreadable
from ..ingest.shared_secret import SharedSecret
from ..ingest.signatures import Hmac, SignedTime
from ..ingest.signed_time import fresh
from ..ingest.source import Delivery, Scheme, Verdict
from ..log import log
from ._custom_settings import Settings, settings_of

WHSEC = "whsec_"
_V1 = re.compile(r"[0-9A-Za-z+/]{43}=")


@dataclass(frozen=True, slots=True)
class Configured:
    """The scheme that the connection's secret names. covers_body is true of all but `bearer`."""

    covers_body: bool = True

    def verify(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> Verdict:
        try:
            scheme = scheme_of(settings_of(delivery.settings))
        except Unreadable as error:
            log.error("webhook_misconfigured", connection_id=delivery.connection_id, fix=str(error))
            return Verdict(False, "alg_not_allowed" if delivery.settings else "no_secret")
        return scheme.verify(delivery, secrets, now)


def scheme_of(settings: Settings) -> Scheme:
    """The scheme that was configured."""
    if settings.scheme == "standard":
        return Standard(settings.tolerance_s)
    header = settings.header.lower()
    if settings.scheme == "bearer":
        # n8n and Estuary send `Authorization: Bearer …`; a header of one's own holds the bare token.
        named = settings.prefix if settings.prefix is not None else ("" if header else "Bearer ")
        return SharedSecret(header or "authorization", prefix=named)
    time = None
    if settings.timestamp:
        at = settings.timestamp_at
        name = settings.timestamp.lower() if at == "header" else settings.timestamp
        time = SignedTime(name, at=at, unit=settings.timestamp_unit, tolerance_s=settings.tolerance_s)
    return Hmac(
        header,
        settings.signed,
        prefix=settings.prefix or "",
        part=settings.part,
        encoding=settings.encoding,
        digest=settings.digest,
        time=time,
    )


@dataclass(frozen=True, slots=True)
class Standard:
    """Standard Webhooks. A secret that is no `whsec_` and base64 is left out, and the log says so."""

    tolerance_s: int = 300
    covers_body: bool = True

    def verify(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> Verdict:
        told = [delivery.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")]
        if not all(told):
            return Verdict(False, "missing_signature")
        id_, timestamp, signatures = told
        versions = [one.partition(",") for one in signatures.split()]
        given = [
            signature.encode() for version, _, signature in versions if version == "v1" and _V1.fullmatch(signature)
        ]
        if not given:
            is_other = bool(versions) and all(version == "v1a" for version, _, _ in versions)
            return Verdict(False, "alg_not_allowed" if is_other else "malformed_signature")
        keys = [key for secret in secrets if secret.strip() and (key := _key(secret.strip(), delivery))]
        if not keys:
            return Verdict(False, "no_secret")
        signed = f"{id_}.{timestamp}.".encode("utf-8", "surrogatepass") + delivery.body
        right = [base64.b64encode(hmac.digest(key, signed, "sha256")) for key in keys]
        if not any([hmac.compare_digest(one, signature) for one in right for signature in given]):
            return Verdict(False, "signature_mismatch")
        return fresh(timestamp, SignedTime("webhook-timestamp", tolerance_s=self.tolerance_s), now)


def _key(secret: str, delivery: Delivery) -> bytes | None:
    try:
        return base64.b64decode(secret.removeprefix(WHSEC), validate=True) or None
    except binascii.Error:
        fix = f"a signing secret is no base64 after {WHSEC!r}: store it as the sender shows it"
        log.error("webhook_misconfigured", connection_id=delivery.connection_id, fix=fix)
        return None
