"""Who is who: which company each account record is, and which person each record of a person, without SQL.

Records are named as the warehouse names nodes, source:connection:kind:id. Left out are UserGems' signals, whose ids
only our receiver knows, and records that are gone: of most the vendor tells nothing any more but that.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ..history import History
from ..hooks import apollo, custom
from ..lookalikes import FREE_MAIL, OPERATOR, SHARED_HOST, SISTERS
from ..pipeline import WON
from ..render import intercom, linear, salesforce, zendesk
from ..render.salesforce import MERGED_INTO
from ..world import World

Identities = dict[str, str]
"""The company or person that each record is, under HubSpot's id of it."""


def accounts(world: World) -> Identities:
    """Of every record there is as of the world's now, and of those merged away."""
    return {node: _company(world, about) for node, about in _account_records(world)}


def people(world: World) -> Identities:
    """Of every record there is as of the world's now; colleagues and residents are not in it."""
    return dict(_person_records(world))


def residents(world: World) -> set[str]:
    """Records of consumers, who must be nobody's contact."""
    known, past = intercom.origins(world), intercom.history(world)
    return {
        f"intercom:default:contact:{one.id}"
        for one in past.versions
        if one.stream == "contact" and one.at <= world.now and one.id not in known
    }


def parents(world: World) -> dict[str, str]:
    """The operator of each property."""
    return dict(world.market.planted.parents)


def customers(world: World) -> set[str]:
    """Companies with a deal that is won in either CRM."""
    won = {
        pursuit.company_id
        for pursuit in world.pursuits
        if pursuit.record.is_live(world.now) and pursuit.record.value("dealstage", world.now) == WON
    }
    sold = (record for _, record in _records(salesforce.history(world), world, "opportunity") if record["IsWon"])
    won |= {salesforce.origins(world)[record["AccountId"]] for record in sold if record["AccountId"]}
    return {_company(world, one) for one in won}


def must_stay_apart(world: World) -> list[tuple[str, str]]:
    """Pairs of companies that share a host, a mail provider, an operator's site or a person, or must be kept apart."""
    planted, now = world.market.planted, world.now
    shared = {SHARED_HOST, FREE_MAIL, *SISTERS}
    on_one_site = [one.id for one in planted.companies if one.value("domain", now).endswith(tuple(shared))]
    family = [*planted.parents, [one for one in world.market.companies if not one.merged_into][OPERATOR].id]
    contacts = {one.id: one for one in world.market.contacts}
    employers = [
        (contacts[person].value("associatedcompanyid", now), other) for person, other in planted.second_jobs.items()
    ]
    return [*combinations(on_one_site, 2), *combinations(family, 2), *employers]


@dataclass(frozen=True, slots=True)
class Score:
    """Of pairs of records: those found to be one, those that are, and those that are both."""

    found: int
    true: int
    both: int

    @property
    def precision(self) -> float:
        return self.both / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.both / self.true if self.true else 1.0


def pairwise(found: Identities, true: Identities) -> Score:
    """Over the records that are in the truth; one that was not found is one with nobody."""
    placed = {record: found.get(record, f"alone {record}") for record in true}

    def pairs(groups: dict[str, int]) -> int:
        return sum(count * (count - 1) // 2 for count in groups.values())

    sizes: tuple[dict[str, int], ...] = ({}, {}, {})
    for record, who in true.items():
        for size, key in zip(sizes, (placed[record], who, f"{placed[record]}|{who}"), strict=True):
            size[key] = size.get(key, 0) + 1
    return Score(*(pairs(one) for one in sizes))


def _company(world: World, about: str) -> str:
    """After doubles and merges."""
    merged = {one.id: one.merged_into for one in world.market.companies if one.merged_into}
    return merged.get(about) or world.market.planted.same_as.get(about, about)


def _living(past: History, world: World, stream: str) -> Iterator[str]:
    """Ids of records that are there, or that a merge ended."""
    for one in past.as_of(world.now, stream):
        if one.record is not None or one.event_type.startswith(MERGED_INTO):
            yield one.id


def _records(past: History, world: World, stream: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in past.living(world.now, stream):
        if one.record and one.record.get("active", True):
            yield one.id, one.record


def _account_records(world: World) -> Iterator[tuple[str, str]]:
    for company in world.market.companies:
        if company.created_at <= world.now:
            yield f"hubspot:default:company:{company.id}", company.id
    for name, kind, past, origins in (
        ("salesforce", "account", salesforce.history(world), salesforce.origins(world)),
        ("apollo", "account", apollo.history(world), apollo.origins(world)),
        ("intercom", "company", intercom.history(world), intercom.origins(world)),
    ):
        for id_ in _living(past, world, kind):
            yield f"{name}:default:{kind}:{id_}", origins[id_]
    for id_, organization in _records(zendesk.history(world), world, "organization"):
        yield f"zendesk:default:organization:{id_}", organization["external_id"]
    for id_, customer in _records(linear.history(world), world, "customer"):
        yield f"linear:default:customer:{id_}", customer["externalIds"][0]
    for billed in custom.history(world).versions:
        if billed.stream == "subscription" and billed.record and billed.at <= world.now:
            yield f"custom:default:customer:{billed.record['customer_id']}", billed.record["customer_id"]
    for call in world.calls:
        if call.company_id and call.visible_at <= world.now:
            yield f"gong:default:account:hubspot/{call.company_id}", call.company_id


def _person_records(world: World) -> Iterator[tuple[str, str]]:
    for contact in world.market.contacts:
        if contact.is_live(world.now):
            yield f"hubspot:default:contact:{contact.id}", contact.id
    for name, kind, past, origins in (
        ("salesforce", "contact", salesforce.history(world), salesforce.origins(world)),
        ("salesforce", "lead", salesforce.history(world), salesforce.origins(world)),
        ("apollo", "contact", apollo.history(world), apollo.origins(world)),
        ("intercom", "contact", intercom.history(world), intercom.origins(world)),
    ):
        for id_ in _living(past, world, kind):
            if id_ in origins:
                yield f"{name}:default:{kind}:{id_}", origins[id_]
    for id_, user in _records(zendesk.history(world), world, "user"):
        if user["external_id"]:
            yield f"zendesk:default:user:{id_}", user["external_id"]
    erased = {one.id for one in world.market.contacts if one.erased_at and one.erased_at <= world.now}
    for call in world.calls:
        for party in call.parties:
            if party.contact_id and party.contact_id not in erased and call.visible_at <= world.now:
                yield f"gong:default:party:{hashlib.md5(party.email.encode()).hexdigest()}", party.contact_id
