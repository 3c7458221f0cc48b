"""The ASGI application of all stand-ins."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette

from ..deliveries import deliveries
from ..faults import disturb
from ..world import World
from . import control, every
from .hook_log import HookLog, poster
from .limits import Limiter
from .site import Site


def make_site(
    world: World,
    credentials: Mapping[str, Mapping[str, Any]],
    *,
    receiver: str = "",
    public_base_url: str = "",
    github_keeps: Mapping[str, Any] | None = None,
    rate_factor: float = 1.0,
    monotonic: Callable[[], float] = time.monotonic,
    wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Site:
    """A site whose clock stands at the world's now. Redeliveries go to receiver, signed with what GitHub keeps; without
    a receiver they fail."""

    def located(url: str) -> str:
        is_ours = receiver and public_base_url and url.startswith(public_base_url)
        return receiver.rstrip("/") + url.removeprefix(public_base_url.rstrip("/")) if is_ours else url

    disturbed = disturb(deliveries(world, sources=["github"]), world.seed)
    return Site(
        world=world,
        credentials=credentials,
        limiter=Limiter(monotonic, rate_factor),
        hook_log=HookLog(disturbed.sent, disturbed.lost, wall_clock()),
        now=world.now,
        wall_clock=wall_clock,
        located=located,
        post=poster(receiver, public_base_url, dict(github_keeps or {}), wall_clock) if receiver else _nobody,
    )


def make_app(site: Site, sources: Iterable[str] | None = None) -> Starlette:
    """The stand-ins of these sources, of all where none are named."""
    routes = [route for vendor in every(sources) for route in vendor.routes(site)]
    return Starlette(routes=routes + control.routes(site))


async def _nobody(delivery: object) -> int:
    return 0
