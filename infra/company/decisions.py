"""What the company decided, and how that was recorded: edited, backdated, reversed, superseded, withdrawn.

The first decisions are the odd ones, one of a kind each, so that every seed has them all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from events.decision import Alternative, Decision, ExpectedOutcome

from .chance import Chance
from .world import World

_SUBJECTS = (
    ("Annual prepayment discount", ("Discount of 5 %", "Discount of 10 %", "No discount")),
    ("Who answers onboarding tickets", ("Support", "Customer success", "A team of its own", "Whoever sold it")),
    ("Autopay as the default", ("Opt out", "Opt in")),
    ("The next market", ("Arizona", "Nevada", "Colorado")),
    ("Model for call summaries", ("The cheapest", "The fastest", "Two, by length of call")),
    ("Release rhythm", ("Weekly", "When ready")),
    ("Price floor against RentFlow", ("Match", "Hold", "Bundle collections")),
    ("Ledger sync", ("Build", "Buy", "Wait a quarter")),
)
_KPIS = ("revenue_mtd", "pipeline_value")
COUNT = 16


@dataclass(frozen=True, slots=True)
class Recorded:
    """The versions of one decision, oldest first, and when it was withdrawn, which tells no more than that."""

    versions: tuple[Decision, ...]
    withdrawn_at: datetime | None = None


def decide(world: World) -> tuple[Recorded, ...]:
    """All decisions recorded before the world's now."""
    chance = Chance(world.seed, "decisions")
    owners = [one.email for one in world.staff if one.left_at is None]
    return tuple(_recorded(world, chance, number, owners) for number in range(COUNT))


def _recorded(world: World, chance: Chance, number: int, owners: list[str]) -> Recorded:
    title, names = _SUBJECTS[number % len(_SUBJECTS)]
    chosen = chance.randrange(len(names))
    decided_at = chance.office_instant(world.now - timedelta(days=75), world.now - timedelta(days=35))
    recorded_at = decided_at + timedelta(hours=chance.randint(1, 20))
    if number == 0:  # found in somebody's notes three weeks later
        recorded_at = decided_at + timedelta(days=21)
    first = Decision(
        decision_id=f"dec-{world.seed}-{number:04d}",
        title=title,
        context=f"Raised in the review of {decided_at:%B}.",
        rationale=f"{names[chosen]} is the least we can take back.",
        alternatives=[
            Alternative(name=name, summary=f"{title}: {name}.", is_chosen=True)
            if place == chosen
            else Alternative(name=name, summary=f"{title}: {name}.", rejected_because="Costs more than it brings.")
            for place, name in enumerate(names)
        ],
        owner=chance.choice(owners),
        decided_at=decided_at,
        recorded_at=recorded_at,
        recorded_by=chance.choice(owners),
        review_on=(decided_at + timedelta(days=90)).date(),
        expected_outcome=_outcome(chance, number),
    )
    versions = [first]

    def edit(**changes: object) -> None:
        at = versions[-1].recorded_at + timedelta(hours=chance.randint(1, 90))
        versions.append(replace(versions[-1], recorded_at=at, **changes))

    if number in (1, 2) or chance.happens(0.3):
        edit(rationale=versions[-1].rationale + " And two customers asked for it.")
    if number in (2, 3):  # whoever owned it has handed it over, and the review moved
        edit(owner=owners[number], review_on=first.review_on and first.review_on + timedelta(days=30))
    if number in (3, 4) or chance.happens(0.2):
        back_at = versions[-1].recorded_at + timedelta(days=3)
        edit(reversed_at=back_at, reversal_reason="It cost more than it brought.")
        versions[-1] = replace(versions[-1], recorded_at=back_at + timedelta(hours=2))
    if number == 4:
        edit(superseded_by=f"dec-{world.seed}-{5:04d}")
    if number == 5:  # recorded again without a change: no edit
        edit()
    withdrawn_at = versions[-1].recorded_at + timedelta(days=1) if number == 6 else None
    return Recorded(tuple(versions), withdrawn_at)


def _outcome(chance: Chance, number: int) -> ExpectedOutcome | None:
    """Every fourth decision is to move no number."""
    if number % 4 == 3:
        return None
    window_days = chance.choice((7, 14, 42))  # the longest is not over for some
    return ExpectedOutcome(kpi=_KPIS[number % 2], direction=chance.choice(("up", "down")), window_days=window_days)
