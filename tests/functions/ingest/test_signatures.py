"""Every published and computed vector, judged by its source's own scheme, and what schemes promise of whatever is sent.

signature_vectors.json is a table: its `from` says where each row was published, or how it was computed; `settings` are
the operator's, of senders that come in through `custom`.
"""

import base64
import dataclasses
import hashlib
import hmac
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib import sources
from chalicelib.ingest.signatures import GongJwt, Hmac, HubSpotSignature, SignedTime
from chalicelib.ingest.source import Delivery, Scheme, Verdict

SLACK = Hmac("x-slack-signature", "v0:{timestamp}:{body}", prefix="v0=", time=SignedTime("x-slack-request-timestamp"))
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
VECTORS = json.loads((Path(__file__).parent / "signature_vectors.json").read_text())
ONE_OF_EACH = {vector["scheme"]: vector for vector in reversed(VECTORS)}


def delivery(headers: dict[str, str], body: bytes = b"{}", url: str = "https://hooks.example/hooks/x") -> Delivery:
    return Delivery("x", "default", "POST", url, headers, body, NOW)


def told(vector: dict[str, Any]) -> Delivery:
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    where = vector["source"], "default", vector["method"], vector["url"]
    return Delivery(*where, headers, vector["body"].encode(), NOW, vector.get("settings", {}))


def scheme_of(name: str) -> Scheme:
    source = sources.load(name)
    assert source and source.webhook
    return source.webhook.scheme


def slack_headers(body: bytes, secret: str, sent_at: datetime = NOW) -> dict[str, str]:
    timestamp = str(int(sent_at.timestamp()))
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": timestamp, "x-slack-signature": f"v0={digest}"}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_a_source_judges_a_vector_as_its_vendor_would(vector):
    sent, now = told(vector), datetime.fromtimestamp(vector["now"], UTC)

    verdict = scheme_of(vector["source"]).verify(sent, [vector["secret"]], now)

    assert verdict == Verdict(vector["expect"] == "ok", vector["expect"])


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


@pytest.mark.parametrize("name", sorted(ONE_OF_EACH))
def test_never_raises_and_never_accepts_garbage(name):
    chance = random.Random(name)
    right = told(ONE_OF_EACH[name])
    scheme = scheme_of(right.source)
    token = signed(gong_claims())
    starts = ["", "v0=", "sha256=", "sha1=", "t=1,v0=", "Bearer ", token, token[:-9], "e30.e30.e30", "....", "\ud800"]
    for _ in range(400):
        headers = {
            header: chance.choice(starts) + _garbage_text(chance) for header in right.headers if chance.random() < 0.9
        }
        headers["x-hubspot-signature-version"] = chance.choice(["v1", "v2", "v3", ""])
        secrets = [_garbage_text(chance) for _ in range(chance.randrange(3))] + ["\ud800"]
        body = chance.randbytes(chance.randrange(40))
        sent = dataclasses.replace(right, url=_garbage_text(chance), headers=headers, body=body)

        assert scheme.verify(sent, secrets, NOW).is_authentic is False


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
