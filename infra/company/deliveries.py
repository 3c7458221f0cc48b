"""What the vendors would send, in the order in which things happened."""

import functools
from collections.abc import Iterable
from datetime import datetime

from . import vendors
from .chance import Chance
from .delivery import Delivery
from .vendor import Vendor
from .world import World


def deliveries(
    world: World,
    until: datetime | None = None,
    since: datetime | None = None,
    sources: Iterable[str] | None = None,
) -> list[Delivery]:
    """All webhook deliveries up to `until` (the world's now), after `since` where given, of these sources or of all. No
    fault is in them yet."""
    last = until or world.now
    made = [one for vendor in vendors.every(sources) for one in _sent_by(vendor, world)]
    chosen = [one for one in made if one.at <= last and (since is None or one.at > since)]
    return sorted(chosen, key=lambda one: (one.at, one.source, one.delivery_id))


@functools.lru_cache(maxsize=64)
def _sent_by(vendor: Vendor, world: World) -> tuple[Delivery, ...]:
    """Made at the first question about a world: whoever sends them, and GitHub's hook log in every site, read these."""
    return tuple(vendor.deliveries(world, Chance(world.seed, f"hooks/{vendor.name}")))
