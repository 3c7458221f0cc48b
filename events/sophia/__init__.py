"""What Sophia tells about herself, in envelopes like everybody else's: the findings of reconciliation.

One Completeness per stream, connection and window. Field names are the columns of staging.
"""

from datetime import datetime

import msgspec


class Completeness(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What three witnesses say of one window of a vendor's clock.

    listed are the records the vendor names; by_webhook and by_pull of them were told by that lane in the version the
    vendor has; held_before we had before any repair, held after. missing: never came whole. stale: came in an older
    version. deleted_unseen: the vendor says deleted, we took it for alive. unlisted: we have it, the vendor does not
    name it. repaired and unrepaired are what became of all these. vendor_total is the vendor's own count where it gives
    one. requests and received_bytes are what the check cost, repair_requests the part of it that fetched single
    records.
    """

    source: str
    connection_id: str
    stream: str
    window_start: datetime
    window_end: datetime
    checked_at: datetime
    listed: int
    by_webhook: int
    by_pull: int
    held_before: int
    held: int
    missing: int
    stale: int
    deleted_unseen: int
    unlisted: int
    repaired: int
    unrepaired: int
    requests: int
    received_bytes: int
    repair_requests: int
    vendor_total: int | None = None
    newest_at: datetime | None = None
    """The vendor's clock of the newest record it names."""
    error: str | None = None
    """Why the vendor could not be asked; the counts are then those up to there."""

    @property
    def entity_id(self) -> str:
        """One row of the ledger: what a stream of a connection has from an instant on, as it was last checked."""
        return "/".join((self.source, self.connection_id, self.stream, self.window_start.isoformat()))

    @property
    def is_complete(self) -> bool:
        """Everything the vendor names is held in its newest version, as many as it counts, and nothing stays open."""
        is_counted = self.vendor_total is None or self.vendor_total <= self.listed
        return self.error is None and self.held == self.listed and not self.unrepaired and is_counted
