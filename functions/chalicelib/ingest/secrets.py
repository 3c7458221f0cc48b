"""The signing secrets of a connection, kept for minutes, read anew when a signature does not fit.

So a secret may be rotated at any moment: put the new one beside the old into Secrets Manager, then tell the vendor.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

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


class _Credentials(msgspec.Struct):
    signing_secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """secrets is None where there is no such connection."""

    secrets: tuple[str, ...] | None
    at: float


class SigningSecrets:
    """client speaks to Secrets Manager; a connection's secret is <prefix>/<source>/<connection_id>."""

    def __init__(self, client: AwsClient, prefix: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._prefix = prefix
        self._clock = clock
        self._reads: dict[str, _Read] = {}
        self._lock = threading.Lock()

    def active(self, source: str, connection_id: str) -> tuple[str, ...] | None:
        """Every secret in force, newest reading first choice; None where the connection does not exist.

        Raises AwsCallFailed when they cannot be read, ConfigurationMissing when they make no sense.
        """
        name = f"{self._prefix}/{source}/{connection_id}"
        known = self._reads.get(name)
        # What does not exist may be about to: a new connection's first delivery must not wait five minutes.
        if known and self._clock() - known.at < (AGAIN_S if known.secrets is None else FRESH_S):
            return known.secrets
        try:
            return self._read(name)
        except AwsCallFailed as failure:
            if known and known.secrets and self._clock() - known.at < USABLE_S:
                log.warning("secret_read_failed", secret=name, code=failure.code)
                return known.secrets
            raise

    def renewed(self, source: str, connection_id: str, tried: tuple[str, ...]) -> tuple[str, ...] | None:
        """The secrets as of now, where they differ from those tried; else None. At most one reading per 30 s."""
        name = f"{self._prefix}/{source}/{connection_id}"
        known = self._reads.get(name)
        if known and self._clock() - known.at < AGAIN_S:
            current = known.secrets
        else:
            try:
                current = self._read(name)
            except (AwsCallFailed, ConfigurationMissing) as failure:
                log.warning("secret_read_failed", secret=name, reason=str(failure))
                return None
        return current if current != tried else None

    def _read(self, name: str) -> tuple[str, ...] | None:
        try:
            answer = self._client.call("GetSecretValue", {"SecretId": name})
            secrets: tuple[str, ...] | None = _secrets(name, answer)
        except AwsCallFailed as failure:
            if failure.code != "ResourceNotFoundException":
                raise
            secrets = None
        with self._lock:
            if len(self._reads) >= _MOST:  # strangers may ask for any connection: do not remember all of them
                self._reads.clear()
            self._reads[name] = _Read(secrets, self._clock())
        return secrets


def _secrets(name: str, answer: dict[str, object]) -> tuple[str, ...]:
    try:
        return msgspec.json.decode(str(answer.get("SecretString", "")), type=_Credentials).signing_secrets
    except msgspec.DecodeError:
        # The decoder's own message could quote the secret.
        raise ConfigurationMissing(
            f'secret {name!r} is not of the form {{"signing_secrets": ["…"]}}: write it so'
        ) from None
