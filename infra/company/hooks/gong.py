"""Gong's automation rule `fire webhook`: each call once, when it has been processed; and the test of the rule."""

import base64
import functools
import hashlib
import json
import random
from datetime import datetime, timedelta
from typing import Any, cast

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .. import rsa_key
from ..calls import Call
from ..chance import Chance
from ..delivery import Delivery, to_json
from ..render import gong
from ..signing import hexadecimal, sha256
from ..vendor import Outgoing
from ..world import World


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """Calls that became visible since the rule was made; an admin pressed `Test now` first."""
    companies = {company.id: company for company in world.market.companies}
    fired = [call for call in world.calls if call.visible_at >= world.hooks_since and not call.is_private]
    made = [_delivery(gong.call_data(call, companies, call.visible_at), call, call.visible_at) for call in fired]
    test = gong.call_data(world.calls[0], companies, world.hooks_since)
    return [_delivery(test, world.calls[0], world.hooks_since, is_test=True), *made]


def _delivery(call_data: dict[str, object], call: Call, at: datetime, is_test: bool = False) -> Delivery:
    body = to_json({"callData": call_data, "isTest": is_test})
    digest = hashlib.sha256(body).hexdigest()
    stream = "call_test" if is_test else "call"
    return Delivery("gong", stream, body, digest, at, ((stream, f"{call.call_id}/{digest}"),))


TOKEN_LIFE = timedelta(minutes=5)
"""Gong does not publish how long its tokens live."""


def sign(outgoing: Outgoing) -> dict[str, str]:
    """help.gong.io, "Prepare your receiving application to receive a webhook", JWT in the header."""
    expires_at = int((outgoing.now + TOKEN_LIFE).timestamp())
    claims = {"webhook_url": outgoing.url, "body_sha256": sha256(outgoing.body), "exp": expires_at}
    signed = ".".join(_base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    key = _private_key(outgoing.keys["private_key"])
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return {"Authorization": f"Bearer {signed}.{_base64url(signature)}"}


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """We get the public key alone."""
    asked = {"access_key": hexadecimal(rng, 32).upper(), "access_key_secret": hexadecimal(rng, 64)}
    key = rsa_key.generate(rng)
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (
        {"signing_secrets": [base64.b64encode(public).decode()], **asked},
        {"private_key": private.decode(), **asked},
    )


@functools.cache
def _private_key(pem: str) -> rsa.RSAPrivateKey:
    return cast(rsa.RSAPrivateKey, serialization.load_pem_private_key(pem.encode(), password=None))


def _base64url(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
