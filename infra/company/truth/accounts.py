"""Which account a company truly is, under HubSpot's id: merged companies are their winners, doubles their originals."""

from functools import lru_cache
from typing import overload

from ..world import World


@overload
def account_of(world: World, company_id: str) -> str: ...


@overload
def account_of(world: World, company_id: str | None) -> str | None: ...


def account_of(world: World, company_id: str | None) -> str | None:
    """As of the world's now; an id that is no company's is itself, and so is none."""
    return _same_as(world).get(company_id, company_id) if company_id else None


@lru_cache(maxsize=4)
def _same_as(world: World) -> dict[str, str]:
    companies = [one for one in world.market.companies if one.merged_at and one.merged_at <= world.now]
    return world.market.planted.same_as | {one.id: one.merged_into for one in companies if one.merged_into}
