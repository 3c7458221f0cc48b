"""Vendor-side signing agrees with what the vendors themselves published, and with our verifiers."""

import base64
import json
import random
from datetime import UTC, datetime

import jwt
import pytest

from infra.company.signing import new_credentials, sign

SOURCES = ("slack", "github", "hubspot", "gong")
URL = "https://www.example.com/webhook_uri"


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_slack_signs_as_its_documentation_shows() -> None:
    # docs.slack.dev, "Verifying requests from Slack"
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
        b"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    vendor = {"signing_secret": "8f742231b10e8888abcd99yyyzzz85a5"}
    headers = sign("slack", body, URL, vendor, at(1531420618)).headers
    assert headers["X-Slack-Signature"] == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_github_signs_as_its_documentation_shows() -> None:
    # docs.github.com, "Validating webhook deliveries"
    headers = sign(
        "github", b"Hello, World!", URL, {"signing_secret": "It's a Secret to Everybody"}, at(0), "push"
    ).headers
    expected = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert headers["X-Hub-Signature-256"] == f"sha256={expected}"
    assert headers["X-GitHub-Event"] == "push"


def test_hubspot_signs_as_its_own_libraries_expect() -> None:
    # HubSpot/hubspot-api-nodejs and hubspot-api-python, tests of the signature utilities
    vendor = {"signing_secret": "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"}
    headers = sign("hubspot", b"{'example_field':'example_value'}", URL, vendor, at(1693657560)).headers
    assert headers["X-HubSpot-Signature-v3"] == "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="
    assert headers["X-HubSpot-Signature"] == "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750"
    assert headers["X-HubSpot-Request-Timestamp"] == "1693657560000"


def test_gong_signs_a_token_that_its_public_key_opens() -> None:
    receiver, vendor = new_credentials("gong", random.Random(1))
    headers = sign("gong", b"{}", URL, vendor, at(1_800_000_000)).headers
    pem = f"-----BEGIN PUBLIC KEY-----\n{receiver['signing_secrets'][0]}\n-----END PUBLIC KEY-----\n"
    token = headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, pem, algorithms=["RS256"], options={"verify_exp": False})
    assert claims["webhook_url"] == URL
    assert claims["body_sha256"] == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert claims["exp"] > 1_800_000_000


@pytest.mark.parametrize("source", SOURCES)
def test_the_same_seed_gives_the_same_credentials_and_another_seed_others(source: str) -> None:
    assert new_credentials(source, random.Random(5)) == new_credentials(source, random.Random(5))
    assert new_credentials(source, random.Random(5)) != new_credentials(source, random.Random(6))


@pytest.mark.parametrize("source", SOURCES)
def test_the_receiver_never_gets_what_gong_signs_with_and_both_share_what_pulls_need(source: str) -> None:
    receiver, vendor = new_credentials(source, random.Random(5))
    assert "private_key" not in receiver
    needed = {name for name in receiver if name != "signing_secrets"}
    assert needed and {name: receiver[name] for name in needed} == {name: vendor[name] for name in needed}
    json.dumps([receiver, vendor])
    if source == "gong":
        assert len(base64.b64decode(receiver["signing_secrets"][0])) == 294  # SubjectPublicKeyInfo of 2,048 bits


def test_a_redelivery_from_github_bears_the_same_id() -> None:
    vendor = {"signing_secret": "s"}
    first, again = (sign("github", b"{}", URL, vendor, at(seconds), "push").headers for seconds in (0, 60))
    other = sign("github", b"{}", URL, vendor, at(0), "ping").headers
    assert first["X-GitHub-Delivery"] == again["X-GitHub-Delivery"] != other["X-GitHub-Delivery"]
    assert sign("github", b"{}", URL, vendor, at(0), "push", "abc").headers["X-GitHub-Delivery"] == "abc"
