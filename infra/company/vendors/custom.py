"""Pay Ready's own billing service. It sends webhooks and has no API for us to ask."""

from collections.abc import Iterator
from datetime import datetime

from starlette.routing import Route

from ..history import Last
from ..hooks import custom as hooks
from ..vendor import Vendor
from ..world import World
from .site import Site


def routes(site: Site) -> list[Route]:
    return []


def entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    told = {
        "subscription": ("status", "units"),
        "invoice": ("status", "total_cents", "paid_cents"),
        "payment": ("status", "amount_cents"),
    }
    return hooks.history(world).entities(at, told)


vendor = Vendor(
    name="custom",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=entities,
    api="custom/",
    tries=3,
)
