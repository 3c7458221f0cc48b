"""Google's short-lived access tokens: by a service account's key, or by the refresh token of a person who agreed.

developers.google.com/identity/protocols/oauth2, "Using OAuth 2.0 for Server to Server Applications" and "… for Web
Server Applications". Tokens live for an hour.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from ..ingest.pages import Request
from ..ingest.source import Connection, Login

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105  an address
_LIFE_S = 3600


def login(scope: Callable[[Connection], str]) -> Login:
    """The credentials are {client_id, client_secret, refresh_token}, or a service account's {client_email, private_key}
    and `subject`, the colleague in whose name it reads where the domain delegates that to it. scope is what a service
    account asks for; a person has agreed to theirs before. Option login_url is where to ask instead of Google."""

    def request(connection: Connection, now: datetime) -> Request:
        held = connection.credentials
        form = _refresh(held) if "refresh_token" in held else _assertion(held, scope(connection), now)
        return Request(connection.options.get("login_url", TOKEN_URL), "POST", form=form)

    return Login(request)


def _refresh(held: Mapping[str, str]) -> Mapping[str, str]:
    return {
        "grant_type": "refresh_token",
        "client_id": held["client_id"],
        "client_secret": held["client_secret"],
        "refresh_token": held["refresh_token"],
    }


def _assertion(held: Mapping[str, str], scope: str, now: datetime) -> Mapping[str, str]:
    import jwt  # noqa: PLC0415  cryptography costs a cold start 200 ms, and the receiver logs in nowhere

    issued_at = int(now.timestamp())
    claims = {"iss": held["client_email"], "scope": scope, "aud": TOKEN_URL, "iat": issued_at}
    claims |= {"exp": issued_at + _LIFE_S} | ({"sub": held["subject"]} if held.get("subject") else {})
    signed = jwt.encode(claims, held["private_key"], algorithm="RS256")
    return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed}
