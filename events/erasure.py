"""A person's right to be forgotten, as an event: who is to be erased, in hashes alone, so the request tells nobody.

Staging redacts whatever names the person, in what has landed and in what will land (dbt_project/macros/redacted.sql);
so a hash stays for ever, and a person imported again is erased again.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime

import msgspec


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """One request. subject_hashes are of every address and name the person is known by here."""

    request_id: str
    requested_at: datetime
    subject_hashes: list[str]

    @property
    def entity_id(self) -> str:
        return self.request_id


def subject_hashes(identities: Iterable[str]) -> list[str]:
    """Sorted hashes of e-mail addresses and names. Of a name the first two words count."""
    return sorted({hashlib.sha256(_normal(identity).encode()).hexdigest() for identity in identities})


def _normal(identity: str) -> str:
    """As macro redacted_events compares: an address in lower case, a name as two lower-case words."""
    text = identity.strip().lower()
    return text if "@" in text else " ".join(re.split(r"[^\w.@-]+", text)[:2])
