"""The vocabulary in which a source tells how its webhook subscriptions live: made, listed, renewed, removed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .source import Connection

if TYPE_CHECKING:
    from .vendor_http import VendorHttp


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook registered with a vendor. detail is what renewing or removing it needs beside the id."""

    id: str
    url: str
    is_active: bool = True
    expires_at: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription to make: where deliveries go, the signing secret we propose, and the time it is made at."""

    url: str
    secret: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Created:
    """What a vendor registered; secrets are the signing secrets to store, the proposed one or the vendor's own. Empty
    where the handshake brings it."""

    subscriptions: Sequence[Subscription]
    secrets: Sequence[str] = ()


@dataclass(frozen=True)
class Subscriptions:
    """The life of a vendor's webhook subscriptions through its API. existing lists them all, ours and others'.

    renew is None where they do not expire; it gives the subscription as it then is (some vendors make a new one).
    renew_before is how long before its end one is renewed. is_listed False: the vendor cannot say what stands, and what
    we remember decides. creates_missing: create makes only those that are missing, so that it may be asked every time.
    """

    existing: Callable[["VendorHttp", Connection], Sequence[Subscription]]
    create: Callable[["VendorHttp", Connection, Wanted], Created]
    remove: Callable[["VendorHttp", Connection, Subscription], None]
    renew: Callable[["VendorHttp", Connection, Subscription, Wanted], Subscription] | None = None
    renew_before: timedelta = timedelta(days=1)
    is_listed: bool = True
    creates_missing: bool = False
