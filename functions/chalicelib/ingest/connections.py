"""Which accounts of which vendors there are: an item in the state table each, and a secret for what is secret."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..errors import ConfigurationMissing
from .source import Connection
from .state_table import Item, StateTable

_PK = "connection"


@dataclass(frozen=True)
class Registered:
    """A connection without its credentials: what the tick and a listing need."""

    source: str
    connection_id: str
    base_url: str
    is_enabled: bool
    start_at: datetime | None
    is_subscribed: bool = False
    """The operator wants its webhooks registered and kept (option `subscribe`)."""


class Connections:
    """secrets is a boto3 Secrets Manager client; the secret of a connection is <prefix>/<source>/<connection_id>."""

    def __init__(self, table: StateTable, secrets: Any, prefix: str) -> None:
        self._table = table
        self._secrets = secrets
        self._prefix = prefix

    def connect(self, connection: Connection, *, is_enabled: bool = True) -> None:
        """Write a connection and its secret, replacing what was there. The pulls' cursors stay.

        The secret goes first: a connection that can be seen can be used.
        """
        name, text = self._secret(connection.source, connection.connection_id), json.dumps(dict(connection.credentials))
        try:
            self._secrets.create_secret(Name=name, SecretString=text)
        except self._secrets.exceptions.ResourceExistsException:
            self._secrets.put_secret_value(SecretId=name, SecretString=text)
        attributes = {
            "base_url": connection.base_url,
            "options": json.dumps(dict(connection.options)),
            "start_at": connection.start_at.isoformat() if connection.start_at else None,
            "is_enabled": is_enabled,
        }
        self._table.change(_PK, f"{connection.source}/{connection.connection_id}", lambda _: attributes)

    def all(self) -> list[Registered]:
        """Every connection, by source and id."""
        return [_registered(key, item) for key, item in self._table.listed(_PK).items()]

    def get(self, source: str, connection_id: str) -> Connection | None:
        """A connection with its credentials, None where there is none or it is disabled.

        Raises ConfigurationMissing when its secret is not there or is no JSON object.
        """
        key = f"{source}/{connection_id}"
        item = self._table.read(_PK, key)
        if not item.attributes or not item.attributes.get("is_enabled", True):
            return None
        known = _registered(key, item)
        return Connection(
            source=source,
            connection_id=connection_id,
            base_url=known.base_url,
            credentials=self._credentials(source, connection_id),
            options=json.loads(str(item.attributes.get("options", "{}"))),
            start_at=known.start_at,
        )

    def amend(
        self, source: str, connection_id: str, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """The credentials after `change`, which sees the newest. Nothing is written where it changes nothing.

        Raises ConfigurationMissing as `get` does.
        """
        told = self._credentials(source, connection_id)
        wanted = change(told)
        if wanted != told:
            text = json.dumps(dict(wanted))
            self._secrets.put_secret_value(SecretId=self._secret(source, connection_id), SecretString=text)
        return wanted

    def _credentials(self, source: str, connection_id: str) -> dict[str, Any]:
        name = self._secret(source, connection_id)
        try:
            text = self._secrets.get_secret_value(SecretId=name)["SecretString"]
            credentials = json.loads(text)
        except self._secrets.exceptions.ResourceNotFoundException:
            raise ConfigurationMissing(f"secret {name!r} does not exist: create it as a JSON object") from None
        except (KeyError, ValueError):
            raise ConfigurationMissing(f"secret {name!r} is no JSON text: write it as a JSON object") from None
        if not isinstance(credentials, dict):
            raise ConfigurationMissing(f"secret {name!r} is no JSON object: write it as one")
        return credentials

    def _secret(self, source: str, connection_id: str) -> str:
        return f"{self._prefix}/{source}/{connection_id}"


def _registered(key: str, item: Item) -> Registered:
    source, _, connection_id = key.partition("/")
    start_at = item.attributes.get("start_at")
    return Registered(
        source=source,
        connection_id=connection_id,
        base_url=str(item.attributes.get("base_url", "")),
        is_enabled=bool(item.attributes.get("is_enabled", True)),
        start_at=_utc(str(start_at)) if start_at else None,
        is_subscribed=json.loads(str(item.attributes.get("options", "{}"))).get("subscribe") is True,
    )


def _utc(text: str) -> datetime:
    """An operator may leave out the time zone."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
