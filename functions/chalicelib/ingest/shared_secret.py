"""Vendors that sign nothing and repeat a secret instead: in a header, in the URL's query or in their JSON body.

    SharedSecret("x-looker-webhook-token")                 # Looker
    SharedSecret("authorization", prefix="Bearer ")        # whoever lets one configure a header
    SharedSecret("key", at="query")                        # PhantomBuster, Salesforce, Apollo
    SharedSecret("passcode", at="body")                    # Figma

It tells who sent a delivery, not that its body is whole. A secret in a body is taken out of it by Webhook.redact.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import msgspec

from .signed_time import OK
from .source import Delivery, Verdict


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """The secret stands under `name`, after `prefix`. Header names are given in lower case."""

    name: str
    at: Literal["header", "query", "body"] = "header"
    prefix: str = ""
    covers_body: bool = False

    def verify(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> Verdict:
        told = self._told(delivery)
        if not told:
            return Verdict(False, "missing_signature")
        if not told.startswith(self.prefix) or not (given := told[len(self.prefix) :]):
            return Verdict(False, "malformed_signature")
        return one_of(given, secrets)

    def _told(self, delivery: Delivery) -> str | None:
        if self.at == "header":
            return delivery.headers.get(self.name)
        if self.at == "query":
            return query_value(delivery.url, self.name)
        try:
            body = msgspec.json.decode(delivery.body)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return _in_ruins(delivery.body, self.name)
        found = body.get(self.name) if isinstance(body, Mapping) else None
        return found if isinstance(found, str) else None


def _in_ruins(body: bytes, name: str) -> str | None:
    """The text under that name in what is no JSON, such as a body cut short: whoever knows the secret sent it, and it
    belongs in quarantine."""
    found = re.search(rb'"%s"\s*:\s*("(?:[^"\\]|\\.)*")' % re.escape(name.encode()), body)
    try:
        told = msgspec.json.decode(found[1]) if found else None
    except (msgspec.DecodeError, UnicodeError):
        return None
    return told if isinstance(told, str) else None


def one_of(given: str, secrets: Sequence[str]) -> Verdict:
    """Whether it is one of the secrets, each compared in constant time."""
    keys = [secret.encode("utf-8", "surrogatepass") for secret in secrets if secret.strip()]
    if not keys:
        return Verdict(False, "no_secret")
    told = given.encode("utf-8", "surrogatepass")
    fits = [hmac.compare_digest(key, told) for key in keys]
    return OK if any(fits) else Verdict(False, "signature_mismatch")


def query_value(url: str, name: str) -> str | None:
    """The one value of a name in a URL's query; None where it is absent or said twice."""
    try:
        found = parse_qs(urlsplit(url).query, max_num_fields=50).get(name, [])
    except ValueError:
        return None
    return found[0] if len(found) == 1 else None
