"""The secrets by which a connection's deliveries are known, as subscribing makes and learns them.

A secret of ours is in force, beside those before it, before a vendor can use it; one that a vendor makes is stored as
soon as its answer is read, and until then its deliveries are refused and sent again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .connections import Connections
from .source import Connection


@dataclass(frozen=True)
class HookSecrets:
    """Of one connection; propose makes what nobody can guess."""

    connections: Connections
    connection: Connection
    propose: Callable[[], str]

    def url_key(self) -> str:
        """The key in the address of a vendor that introduces itself before it signs: the newest, or a first one."""
        fresh = self.propose()
        held = self._amend(lambda told: told if told.get("url_keys") else {**told, "url_keys": [fresh]})
        return str(held["url_keys"][-1])

    def proposed(self) -> str:
        """The signing secret to propose. The same one each time: a call that is tried again, or that finds nothing
        missing, leaves no heap of secrets behind."""
        fresh = self.propose()

        def choose(told: Mapping[str, Any]) -> Mapping[str, Any]:
            secret = told.get("proposed_secret") or fresh
            return {**_beside(told, [secret]), "proposed_secret": secret}

        return str(self._amend(choose)["proposed_secret"])

    def learn(self, found: Sequence[str]) -> None:
        """Those that the vendor made."""
        if found:
            self._amend(lambda told: _beside(told, found))

    def _amend(self, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Mapping[str, Any]:
        return self.connections.amend(self.connection.source, self.connection.connection_id, change)


def _beside(told: Mapping[str, Any], found: Sequence[str]) -> Mapping[str, Any]:
    held = list(told.get("signing_secrets", ()))
    return {**told, "signing_secrets": held + [one for one in dict.fromkeys(found) if one not in held]}
