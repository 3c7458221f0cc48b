"""The care of one connection's webhook subscriptions, as the background function and `sophia subscribe` give it.

What stands at the vendor is compared with the address we want. What is missing is made, what ends soon is renewed, what
the vendor deleted or disabled is made anew; and for the time in which nothing stood, the pull lane is sent to look.
Doing it twice does nothing the second time. Nobody is subscribed uninvited: see due.is_care_due.
"""

import json
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx

from ..errors import ConfigurationMissing, LeaseLost, SophiaError, VendorBusy, VendorError, VendorSaysNo
from ..log import log
from .cursors import RECORD, Cursors, Lease
from .due import PullOrder
from .hook_secrets import HookSecrets
from .services import Services
from .source import Connection, Pull, Source, Window
from .subscription import Subscription, Subscriptions, Wanted
from .webhook_address import address, has_key

EVERY = timedelta(hours=1)
_RESERVE_S = 15.0
_WORDS = 300


@dataclass(frozen=True)
class Kept:
    """What was found and done. subscriptions are ours as they now stand; lost counts those that were gone, disabled or
    over; gap is what was ordered to be pulled anew. words are the vendor's own: to show, never to log."""

    ended: Literal["kept", "removed", "waits", "failed", "skipped"]
    subscriptions: Sequence[Subscription] = ()
    made: int = 0
    renewed: int = 0
    lost: int = 0
    gap: Window | None = None
    error: str | None = None
    words: str = ""


@dataclass(frozen=True)
class Keeper(Services):
    """Everything the care of subscriptions touches; propose makes a secret that nobody can guess."""

    public_base_url: str = field(kw_only=True)
    propose: Callable[[], str] = secrets.token_hex

    def run(self, body: str, remaining_ms: Callable[[], int]) -> Kept:
        """Carry out {"source", "connection_id"}: `do` is keep (also when left out), renew (all, now) or remove.

        What a vendor refuses is recorded, and tried again in an hour; anything else is raised.
        """
        order = json.loads(body)
        source, connection_id = self.source_named(order["source"]), order["connection_id"]
        connection = self.connections.get(order["source"], connection_id)
        if source is None or source.pull is None or source.subscriptions is None or connection is None:
            return self._skipped(order, "nothing_to_subscribe")
        lease = Cursors(self.table, self.now, "subscription").acquire(
            order["source"], connection_id, RECORD, owner=uuid.uuid4().hex, is_forced=bool(order.get("is_forced"))
        )
        if lease is None:
            return self._skipped(order, "held_or_early")
        try:
            with self.client() as client:
                care = _Care(self, source, source.pull, source.subscriptions, connection, lease)
                return care.give(client, str(order.get("do", "keep")), remaining_ms)
        except LeaseLost as error:
            return self._skipped(order, str(error))

    def standing(self, source: Source, connection: Connection) -> tuple[str, Sequence[Subscription]]:
        """Our address, without its key, and all that the vendor lists, ours or not. Changes nothing."""
        if source.pull is None or source.subscriptions is None:
            return "", ()
        url = address(self.public_base_url, source, connection.connection_id)
        with self.client() as client:
            http = self.asking(connection, source.pull, client, remaining_s=lambda: 60.0)
            return url, source.subscriptions.existing(http, connection)

    def _skipped(self, order: Mapping[str, Any], reason: str) -> Kept:
        log.info("subscriptions_skipped", source=order["source"], connection_id=order["connection_id"], reason=reason)
        return Kept("skipped", error=reason)


class _Care:
    """One connection under one lease. The lease's cursor is {"address", "seen_alive_at", "subscriptions", "error"},
    and "is_removed" once the operator removed them."""

    def __init__(
        self,
        keeper: Keeper,
        source: Source,
        pull: Pull,
        spec: Subscriptions,
        connection: Connection,
        lease: Lease,
    ) -> None:
        self._keeper, self._source, self._pull, self._spec = keeper, source, pull, spec
        self._connection, self._lease = connection, lease
        self._now = keeper.now()
        self._secrets = HookSecrets(keeper.connections, connection, keeper.propose)
        self._http: Any = None

    def give(self, client: httpx.Client, do: str, remaining_ms: Callable[[], int]) -> Kept:
        self._http = self._keeper.asking(
            self._connection,
            self._pull,
            client,
            remaining_s=lambda: remaining_ms() / 1000 - _RESERVE_S,
            before_each=self._lease.keep_alive,
        )
        try:
            kept = self._remove() if do == "remove" else self._keep(must_renew=do == "renew")
        except LeaseLost:
            raise
        except VendorBusy as error:
            self._lease.pause(self._keeper.now() + timedelta(seconds=max(error.after_s, 60)), str(error))
            kept = Kept("waits", error=str(error))
        except (VendorError, ConfigurationMissing) as error:
            kept = self._failed(error)
        except Exception as error:
            self._failed(error)
            raise
        self._tell(kept)
        return kept

    # ---- keeping

    def _keep(self, *, must_renew: bool) -> Kept:
        url = self._url()
        held = self._ours(url)
        known = {one["id"] for one in self._recorded()}
        dead = [one for one in held if self._is_dead(one)]
        lost = len(known - {one.id for one in held}) + len(dead)
        for one in dead:
            self._discard(one)
        standing, renewed = list[Subscription](), 0
        for one in (one for one in held if one not in dead):
            if not self._is_to_renew(one, must_renew):
                standing.append(one)
                continue
            longer = self._renewed(one, url)
            # Where the vendor can list them, one that comes back under another id had been lost.
            lost += longer is None or (self._spec.is_listed and longer.id != one.id)
            renewed += longer is not None
            standing += [longer] if longer else []
        made = list[Subscription]()
        if not standing or self._spec.creates_missing:
            made = self._created(url)
        gap = self._order_gap() if lost else None
        self._save([*standing, *made])
        self._lease.finish(self._next_at([*standing, *made]))
        return Kept("kept", [*standing, *made], len(made), renewed, lost, gap)

    def _ours(self, url: str) -> list[Subscription]:
        if self._spec.is_listed:
            return [one for one in self._spec.existing(self._http, self._connection) if one.url == url]
        if self._lease.record.cursor.get("address") != _bare(url):
            return []  # they were made for an address that is no longer ours
        return [_subscription(one, url) for one in self._recorded()]

    def _recorded(self) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self._lease.record.cursor.get("subscriptions", ())
        return found

    def _is_dead(self, one: Subscription) -> bool:
        return not one.is_active or (one.expires_at is not None and one.expires_at <= self._now)

    def _is_to_renew(self, one: Subscription, must_renew: bool) -> bool:
        if self._spec.renew is None:
            return False
        ends_soon = one.expires_at is not None and one.expires_at - self._spec.renew_before <= self._now
        return must_renew or ends_soon

    def _renewed(self, one: Subscription, url: str) -> Subscription | None:
        """None where the vendor will not: it is then made anew."""
        assert self._spec.renew
        try:
            return self._spec.renew(self._http, self._connection, one, self._wanted(url))
        except VendorSaysNo as error:
            log.warning("subscription_not_renewed", source=self._source.name, reason=str(error))
            return None

    def _discard(self, one: Subscription) -> None:
        """What is dead at the vendor must not stand in the way of the new one; that it is gone already is as good."""
        try:
            self._spec.remove(self._http, self._connection, one)
        except VendorSaysNo as error:
            log.info("subscription_was_gone", source=self._source.name, reason=str(error))

    def _created(self, url: str) -> list[Subscription]:
        made = self._spec.create(self._http, self._connection, self._wanted(url))
        self._secrets.learn(made.secrets)
        return list(made.subscriptions)

    def _url(self) -> str:
        base, source, connection_id = self._keeper.public_base_url, self._source, self._connection.connection_id
        return address(base, source, connection_id, self._secrets.url_key() if has_key(source) else "")

    def _wanted(self, url: str) -> Wanted:
        return Wanted(url, self._secrets.proposed(), self._now)

    # ---- what is remembered

    def _order_gap(self) -> Window | None:
        """From when they were last seen alive until now every stream is pulled again; nothing where they never were."""
        since = self._lease.record.cursor.get("seen_alive_at")
        if since is None:
            return None
        gap = Window(datetime.fromisoformat(since), self._keeper.now())
        for stream in self._pull.streams:
            order = PullOrder(
                self._source.name,
                self._connection.connection_id,
                stream.name,
                gap.start.isoformat(),
                gap.end.isoformat(),
            )
            self._keeper.enqueue(json.dumps({**order.told(), "job": "backfill"}), 0)
        return gap

    def _save(self, standing: Sequence[Subscription]) -> None:
        url = address(self._keeper.public_base_url, self._source, self._connection.connection_id)
        self._lease.save(
            {
                "address": url,
                "seen_alive_at": self._keeper.now().isoformat(),
                "subscriptions": [_told(one) for one in standing],
            }
        )

    def _next_at(self, standing: Sequence[Subscription]) -> datetime:
        ends = [one.expires_at - self._spec.renew_before for one in standing if one.expires_at and self._spec.renew]
        return max(self._now + timedelta(minutes=1), min([self._now + EVERY, *ends]))

    def _remove(self) -> Kept:
        held = self._ours(self._url())
        for one in held:
            self._spec.remove(self._http, self._connection, one)
        self._lease.save({"is_removed": True})
        self._lease.finish(self._now + EVERY)
        return Kept("removed", lost=len(held))

    def _failed(self, error: Exception) -> Kept:
        """The vendor's own words go to the state, where an operator asks for them, and into no log."""
        words = getattr(error, "words", "")[:_WORDS]
        why = str(error) if isinstance(error, SophiaError) else repr(error)
        cursor = {**self._lease.record.cursor, "error": f"{why}: {words}" if words else why}
        self._lease.write(replace(self._lease.record, cursor=cursor))
        self._lease.fail(why, self._keeper.now() + EVERY)
        return Kept("failed", error=why, words=words)

    def _tell(self, kept: Kept) -> None:
        log.measured(
            "subscriptions_kept",
            {"subscriptions": len(kept.subscriptions), "subscriptions_failed": int(kept.ended == "failed")},
            source=self._source.name,
            connection_id=self._connection.connection_id,
            ended=kept.ended,
            made=kept.made,
            renewed=kept.renewed,
            lost=kept.lost,
            reason=kept.error,
        )


def _told(one: Subscription) -> dict[str, Any]:
    ends = one.expires_at.isoformat() if one.expires_at else None
    return {"id": one.id, "expires_at": ends, "is_active": one.is_active, "detail": dict(one.detail)}


def _subscription(told: Mapping[str, Any], url: str) -> Subscription:
    ends = datetime.fromisoformat(told["expires_at"]) if told["expires_at"] else None
    return Subscription(told["id"], url, told["is_active"], ends, told["detail"])


def _bare(url: str) -> str:
    return url.partition("?")[0]
