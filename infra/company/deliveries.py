"""What the vendors would send, in the order in which things happened."""

from datetime import datetime

from .chance import Chance
from .delivery import Delivery
from .hooks import github, gong, hubspot, slack
from .world import World

_MAKERS = {
    "slack": slack.deliveries,
    "github": github.deliveries,
    "hubspot": hubspot.deliveries,
    "gong": gong.deliveries,
}


def deliveries(world: World, until: datetime | None = None, since: datetime | None = None) -> list[Delivery]:
    """All webhook deliveries up to `until` (the world's now), after `since` where given. No fault is in them yet."""
    last = until or world.now
    made = [one for source, make in _MAKERS.items() for one in make(world, Chance(world.seed, f"hooks/{source}"))]
    chosen = [one for one in made if one.at <= last and (since is None or one.at > since)]
    return sorted(chosen, key=lambda one: (one.at, one.source, one.delivery_id))
