"""The claims of a JWT that one of our public keys verifies. Imported on the first delivery that carries one.

PyJWT checks the signature alone: it would compare `exp` with the clock of the machine, and ours is an argument.
"""

import base64
import binascii
import functools
from collections.abc import Sequence

import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from .source import Verdict


class Claims(msgspec.Struct, frozen=True):
    """What a vendor binds a delivery to; other claims are ignored."""

    webhook_url: str
    body_sha256: str
    exp: float


_claims = msgspec.json.Decoder(Claims)


def verified_claims(token: str, keys: Sequence[str]) -> Claims | Verdict:
    """The claims, or the verdict that refuses the token. Never raises."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        return Verdict(False, "malformed_signature")
    # Pinned: a token may not choose how it is checked (`none`, or HS256 with our public key as its secret).
    if header.get("alg") != "RS256":
        return Verdict(False, "alg_not_allowed")
    usable = [key for text in keys if (key := _public_key(text))]
    if not usable:
        return Verdict(False, "no_secret")
    for key in usable:
        try:
            return _claims.decode(jwt.PyJWS().decode(token, key, algorithms=["RS256"]))
        except jwt.InvalidSignatureError:
            continue
        except (jwt.PyJWTError, msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
            return Verdict(False, "malformed_signature")
    return Verdict(False, "signature_mismatch")


@functools.lru_cache(maxsize=64)
def _public_key(text: str) -> RSAPublicKey | None:
    lines = (line.strip() for line in text.splitlines())
    bare = "".join(line for line in lines if not line.startswith("-----"))
    try:
        key = load_der_public_key(base64.b64decode(bare, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) else None
