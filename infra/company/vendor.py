"""What makes a vendor of the simulated company: its API, how it signs what it sends, what it sends, what is true of it.

One `vendor = Vendor(...)` in vendors/<source>.py, found by name. Written from the vendors' own documents, without
looking at our client, so that the two check each other.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .chance import Chance
from .delivery import Delivery
from .history import Last
from .world import World

if TYPE_CHECKING:
    from starlette.routing import Route

    from .vendors.site import Site


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A POST about to be signed. keys are what the vendor keeps (Vendor.new_credentials), now is its clock."""

    body: bytes
    url: str
    keys: Mapping[str, Any]
    now: datetime
    event_type: str | None = None
    delivery_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def _as_it_is(body: bytes, keys: Mapping[str, Any]) -> bytes:
    return body


@dataclass(frozen=True)
class Vendor:
    """new_credentials gives what the receiver stores in its secret ({"signing_secrets": […]} and what pulls need) and
    what the vendor keeps. sign gives the headers of a delivery. Where a secret travels elsewhere, address puts it into
    the URL and stamp into the body, before signing; dated writes the time of sending into it. entities are the last
    states that staging must hold at an instant, every loss repaired. api is the path of its API below the site; options
    are those of the connection. tries are the first delivery and its retries. retold is the same happening under a new
    delivery id, None where it has none. files are what people drop of it up to an instant, by name, oldest first.
    """

    name: str
    routes: "Callable[[Site], list[Route]]"
    new_credentials: Callable[[random.Random], tuple[dict[str, Any], dict[str, Any]]]
    sign: Callable[[Outgoing], dict[str, str]]
    deliveries: Callable[[World, Chance], list[Delivery]]
    entities: Callable[[World, datetime], Iterator[tuple[str, str, Last]]]
    api: str
    options: Callable[[World], dict[str, Any]] = lambda world: {}
    tries: int = 1
    address: Callable[[str, Mapping[str, Any]], str] = lambda url, keys: url
    stamp: Callable[[bytes, Mapping[str, Any]], bytes] = _as_it_is
    dated: Callable[[bytes, datetime], bytes] = lambda body, now: body
    retold: Callable[[Delivery, Chance], Delivery] | None = None
    files: Callable[[World, datetime], list[tuple[str, bytes]]] = lambda world, at: []

    @property
    def is_proof_in_body(self) -> bool:
        """Whether a secret inside the body is all that tells who sent it."""
        return self.stamp is not _as_it_is
