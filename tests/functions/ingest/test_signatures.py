"""Every published and computed vector of the sources we have, and what schemes promise whatever they are sent.

signature_vectors.json is a table: its `from` says where each row was published, or how it was computed.
"""

import base64
import hashlib
import hmac
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.ingest.signatures import GongJwt, Hmac, HubSpotSignature, PlainSha256, SignedTime
from chalicelib.ingest.source import Delivery, Scheme

SLACK = Hmac("x-slack-signature", "v0:{timestamp}:{body}", prefix="v0=", time=SignedTime("x-slack-request-timestamp"))
SCHEMES: dict[str, Scheme] = {
    "slack-v0": SLACK,
    "github-sha256": Hmac("x-hub-signature-256", prefix="sha256="),
    "hubspot-v1": HubSpotSignature(),
    "hubspot-v2": HubSpotSignature(),
    "hubspot-v3": HubSpotSignature(),
    "gong-jwt-rs256": GongJwt(),
    "linear-sha256": Hmac(
        "linear-signature", time=SignedTime("webhookTimestamp", at="body", unit="ms", tolerance_s=60)
    ),
    "intercom-sha1": Hmac("x-hub-signature", prefix="sha1=", digest="sha1"),
    "asana-sha256": Hmac("x-hook-signature"),
    "notion-sha256": Hmac("x-notion-signature", prefix="sha256="),
    "zendesk-sha256-base64": Hmac(
        "x-zendesk-webhook-signature",
        "{timestamp}{body}",
        encoding="base64",
        time=SignedTime("x-zendesk-webhook-signature-timestamp", unit="rfc3339"),
    ),
    "elevenlabs-v0": Hmac(
        "elevenlabs-signature",
        "{timestamp}.{body}",
        part="v0",
        time=SignedTime("t", at="part", tolerance_s=1800),
    ),
    "vercel-sha1": Hmac("x-vercel-signature", digest="sha1"),
    "estuary-custom": Hmac("x-signature", "v1:{timestamp}.{body}", time=SignedTime("x-timestamp")),
    "n8n-contract": Hmac(
        "x-signature", "{timestamp}.{body}", prefix="sha256=", time=SignedTime("x-signature-timestamp")
    ),
}
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
VECTORS = json.loads((Path(__file__).parent / "signature_vectors.json").read_text())
MORE_VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "signatures.json"


def delivery(headers: dict[str, str], body: bytes = b"{}", url: str = "https://hooks.example/hooks/x") -> Delivery:
    return Delivery("x", "default", "POST", url, headers, body, NOW)


def slack_headers(body: bytes, secret: str, sent_at: datetime = NOW) -> dict[str, str]:
    timestamp = str(int(sent_at.timestamp()))
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": timestamp, "x-slack-signature": f"v0={digest}"}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_judges_a_vector_as_its_vendor_would(vector):
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    sent = Delivery("x", "default", vector["method"], vector["url"], headers, vector["body"].encode(), NOW)

    verdict = SCHEMES[vector["scheme"]].verify(sent, [vector["secret"]], datetime.fromtimestamp(vector["now"], UTC))

    assert verdict.reason == vector["expect"]
    assert verdict.is_authentic == (vector["expect"] == "ok")


@pytest.mark.skipif(not MORE_VECTORS.exists(), reason="the vectors of sources to come are not here")
def test_judges_the_vectors_of_sources_to_come():
    for vector in json.loads(MORE_VECTORS.read_text())["vectors"]:
        headers = {name.lower(): value for name, value in vector["headers"].items()}
        method, url = vector["method"] or "POST", vector["uri"] or ""
        sent = Delivery("x", "default", method, url, headers, vector["body"].encode(), NOW)
        secret = vector["secret"] or vector["public_key_der_base64"]

        verdict = SCHEMES[vector["scheme"]].verify(sent, [secret], datetime.fromtimestamp(vector["now"] or 0, UTC))

        assert verdict.is_authentic == (vector["expect"] == "accept"), vector["id"]
        assert verdict.is_authentic or vector["reason"].startswith(verdict.reason), vector["id"]


@pytest.mark.parametrize("secrets", [[], [""], ["  "]], ids=["none", "empty", "blank"])
@pytest.mark.parametrize("scheme", [SLACK, HubSpotSignature(), GongJwt()], ids=lambda scheme: type(scheme).__name__)
def test_refuses_everything_without_a_secret(scheme, secrets):
    token = jwt.encode({}, rsa_key(), algorithm="RS256")
    headers = slack_headers(b"{}", "") | {
        "x-hubspot-signature": hashlib.sha256(b"{}").hexdigest(),
        "authorization": token,
    }

    assert scheme.verify(delivery(headers), secrets, NOW).reason == "no_secret"


def test_accepts_either_of_two_secrets_while_one_is_rotated_out():
    for secret in ("old", "new"):
        assert SLACK.verify(delivery(slack_headers(b"{}", secret)), ["new", "old"], NOW).is_authentic


@pytest.mark.parametrize(
    ("age", "reason"),
    [
        (timedelta(seconds=300), "ok"),
        (timedelta(seconds=301), "stale"),
        (timedelta(seconds=-300), "ok"),
        (timedelta(seconds=-301), "future"),
    ],
)
def test_refuses_a_delivery_further_than_five_minutes_from_our_clock(age, reason):
    assert SLACK.verify(delivery(slack_headers(b"{}", "s", NOW - age)), ["s"], NOW).reason == reason


@pytest.mark.parametrize("timestamp", ["", "-1", "1e9", "1795262400.5", "١٢٣", "0x10", " 1", "9" * 400, "now"])
def test_refuses_a_rightly_signed_timestamp_that_is_no_number(timestamp):
    digest = hmac.new(b"s", b"v0:" + timestamp.encode() + b":{}", hashlib.sha256).hexdigest()
    headers = {"x-slack-request-timestamp": timestamp, "x-slack-signature": f"v0={digest}"}

    assert SLACK.verify(delivery(headers), ["s"], NOW).reason == "malformed_signature"


def test_hubspot_version_3_decides_where_it_is_present():
    body, secret = b"[]", "s"
    headers = {
        "x-hubspot-signature": hashlib.sha256(secret.encode() + body).hexdigest(),
        "x-hubspot-signature-v3": base64.b64encode(bytes(32)).decode(),
        "x-hubspot-request-timestamp": str(int(NOW.timestamp() * 1000)),
    }

    assert HubSpotSignature().verify(delivery(headers, body), [secret], NOW).reason == "signature_mismatch"
    assert (
        HubSpotSignature().verify(delivery({"x-hubspot-signature-version": "v7"}), [secret], NOW).is_authentic is False
    )


@pytest.mark.parametrize(
    "change",
    [
        {"exp": 0},
        {"exp": "never"},
        {"exp": None},
        {"webhook_url": "https://other"},
        {"body_sha256": "é"},
        {"body_sha256": 5},
    ],
)
def test_refuses_a_signed_gong_token_with_wrong_claims(change):
    claims = gong_claims() | change

    verdict = GongJwt().verify(delivery({"authorization": signed(claims)}), [public_der()], NOW)

    assert verdict.is_authentic is False


def test_accepts_a_gong_token_for_our_address_however_its_host_is_spelled():
    token = signed(gong_claims() | {"webhook_url": "HTTPS://Hooks.Example/hooks/x/"})

    assert GongJwt().verify(delivery({"authorization": f"bearer {token}"}), ["garbage", public_der()], NOW).is_authentic


def test_accepts_no_key_but_rsa():
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    text = base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()

    assert GongJwt().verify(delivery({"authorization": signed(gong_claims())}), [text], NOW).reason == "no_secret"


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_never_raises_and_never_accepts_garbage(name):
    chance = random.Random(name)
    scheme = SCHEMES[name]
    names = _header_names(scheme)
    right = signed(gong_claims())
    starts = ["", "v0=", "sha256=", "sha1=", "t=1,v0=", "Bearer ", right, right[:-9], "e30.e30.e30", "....", "\ud800"]
    for _ in range(400):
        headers = {header: chance.choice(starts) + _garbage_text(chance) for header in names if chance.random() < 0.9}
        headers["x-hubspot-signature-version"] = chance.choice(["v1", "v2", "v3", ""])
        secrets = [_garbage_text(chance) for _ in range(chance.randrange(3))] + ["\ud800"]
        sent = Delivery("x", "c", "POST", _garbage_text(chance), headers, chance.randbytes(chance.randrange(40)), NOW)

        assert scheme.verify(sent, secrets, NOW).is_authentic is False


def _header_names(scheme: Scheme) -> list[str]:
    if isinstance(scheme, HubSpotSignature):
        return [scheme.v1.header, scheme.v3.header, "x-hubspot-request-timestamp"]
    assert isinstance(scheme, Hmac | PlainSha256 | GongJwt)
    time = getattr(scheme, "time", None)
    return [scheme.header, *([time.name] if time else [])]


def _garbage_text(chance: random.Random) -> str:
    alphabet = "0123456789abcdefABCDEF=,.:+/ \t\x00éب\ud800😀"
    return "".join(chance.choices(alphabet, k=chance.choice([0, 1, 7, 40, 44, 64, 300])))


_KEYS: list[rsa.RSAPrivateKey] = []


def rsa_key() -> rsa.RSAPrivateKey:
    """Made once: it takes a while."""
    if not _KEYS:
        _KEYS.append(rsa.generate_private_key(65537, 2048))
    return _KEYS[0]


def public_der() -> str:
    der = rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def gong_claims() -> dict[str, object]:
    return {
        "webhook_url": "https://hooks.example/hooks/x",
        "body_sha256": hashlib.sha256(b"{}").hexdigest(),
        "exp": int(NOW.timestamp()) + 60,
    }


def signed(claims: dict[str, object]) -> str:
    # PyJWT's encode refuses odd claims that a stranger may well send, so sign the bytes.
    return jwt.PyJWS().encode(json.dumps(claims).encode(), rsa_key(), algorithm="RS256")
