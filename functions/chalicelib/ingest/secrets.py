"""The signing secrets of a connection, kept for minutes, read anew when a signature does not fit.

So a secret may be rotated at any moment: put the new one beside the old into Secrets Manager, then tell the vendor.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from ..errors import AwsCallFailed, ConfigurationMissing
from ..log import log
from .aws_client import AwsClient

FRESH_S = 300.0
AGAIN_S = 30.0
"""A stranger's wrong signatures make us read a secret no more often than this."""
USABLE_S = 3600.0
"""How long an old secret serves while Secrets Manager does not answer."""
_MOST = 1000
_LEARNED = 100
"""How many signing secrets a connection keeps: Secrets Manager takes 64 KB."""


class Credentials(msgspec.Struct, frozen=True):
    """Of a connection's secret, what the receiver reads. Pulls read the rest.

    url_keys are the `key`s in the addresses we gave to vendors that introduce themselves before they sign (see
    source.Webhook.greet); webhook is what Delivery.settings shows.
    """

    signing_secrets: tuple[str, ...] = ()
    url_keys: tuple[str, ...] = ()
    webhook: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class _Read:
    """credentials is None where there is no such connection."""

    credentials: Credentials | None
    at: float


class SigningSecrets:
    """client speaks to Secrets Manager; a connection's secret is <prefix>/<source>/<connection_id>."""

    def __init__(self, client: AwsClient, prefix: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._prefix = prefix
        self._clock = clock
        self._reads: dict[str, _Read] = {}
        self._lock = threading.Lock()

    def active(self, source: str, connection_id: str) -> Credentials | None:
        """What is in force; None where the connection does not exist.

        Raises AwsCallFailed when they cannot be read, ConfigurationMissing when they make no sense.
        """
        name = f"{self._prefix}/{source}/{connection_id}"
        known = self._reads.get(name)
        # What does not exist may be about to: a new connection's first delivery must not wait five minutes.
        if known and self._clock() - known.at < (AGAIN_S if known.credentials is None else FRESH_S):
            return known.credentials
        try:
            return self._read(name)
        except AwsCallFailed as failure:
            if known and known.credentials and self._clock() - known.at < USABLE_S:
                log.warning("secret_read_failed", secret=name, code=failure.code)
                return known.credentials
            raise

    def renewed(self, source: str, connection_id: str, tried: Credentials) -> Credentials | None:
        """The same as of now, where they differ from those tried; else None. At most one reading per 30 s."""
        name = f"{self._prefix}/{source}/{connection_id}"
        known = self._reads.get(name)
        if known and self._clock() - known.at < AGAIN_S:
            current = known.credentials
        else:
            try:
                current = self._read(name)
            except (AwsCallFailed, ConfigurationMissing) as failure:
                log.warning("secret_read_failed", secret=name, reason=str(failure))
                return None
        return current if current != tried else None

    def learn(self, source: str, connection_id: str, secret: str) -> None:
        """Store a signing secret that a vendor's handshake brought, beside those in force, before it is answered.

        Raises AwsCallFailed, ConfigurationMissing.
        """
        name = f"{self._prefix}/{source}/{connection_id}"
        text = str(self._client.call("GetSecretValue", {"SecretId": name}).get("SecretString", ""))
        known = _credentials(name, text)
        if secret not in known.signing_secrets:
            # The last few stay: a vendor with a webhook per project brings a secret for each.
            held = msgspec.json.decode(text) | {"signing_secrets": [*known.signing_secrets, secret][-_LEARNED:]}
            told = {"SecretId": name, "SecretString": msgspec.json.encode(held).decode()}
            self._client.call("PutSecretValue", told)
        self._read(name)

    def _read(self, name: str) -> Credentials | None:
        try:
            answer = self._client.call("GetSecretValue", {"SecretId": name})
            credentials: Credentials | None = _credentials(name, str(answer.get("SecretString", "")))
        except AwsCallFailed as failure:
            if failure.code != "ResourceNotFoundException":
                raise
            credentials = None
        with self._lock:
            if len(self._reads) >= _MOST:  # strangers may ask for any connection: do not remember all of them
                self._reads.clear()
            self._reads[name] = _Read(credentials, self._clock())
        return credentials


def _credentials(name: str, text: str) -> Credentials:
    try:
        return msgspec.json.decode(text, type=Credentials)
    except msgspec.DecodeError:
        # The decoder's own message could quote the secret.
        raise ConfigurationMissing(
            f'secret {name!r} is not of the form {{"signing_secrets": ["…"]}}: write it so'
        ) from None
