"""Support work in the company: business time by the teams' clocks, planted edges, and a health that shows in it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from infra.company import hours
from infra.company.chance import company_date
from infra.company.health import courses
from infra.company.remarks import remarks
from infra.company.support import threads
from infra.company.truth import calibration, support
from infra.company.world import build


def _local(instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(hours.RESIDENT_SUPPORT.time_zone)).date()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("team", "first", "last", "minutes"),
    [
        # Friday 17:00 to Monday 9:00 in Los Angeles, over the Sunday on which the clocks go back.
        (hours.CLIENT_SUPPORT, "2026-10-31T00:00:00", "2026-11-02T17:00:00", 120),
        # Saturday 21:00 to Sunday 8:00 in Chicago, over the Sunday on which they go forward.
        (hours.RESIDENT_SUPPORT, "2026-03-08T03:00:00", "2026-03-08T13:00:00", 120),
        # Wednesday 17:30 to the Monday after Thanksgiving, 8:10.
        (hours.CLIENT_SUPPORT, "2026-11-26T01:30:00", "2026-11-30T16:10:00", 40),
        (hours.CLIENT_SUPPORT, "2026-11-21T10:00:00", "2026-11-22T10:00:00", 0),
    ],
)
def test_business_time_goes_by_the_teams_own_clocks(team: hours.Team, first: str, last: str, minutes: int) -> None:
    assert hours.business_seconds(team, at(first), at(last)) == minutes * 60


@pytest.mark.parametrize("seed", [1, 7, 2024])
def test_every_seed_plants_what_response_times_get_wrong(seed: int) -> None:
    world = build(seed)
    turns = support.turns(world)
    changes = hours.clock_changes(world.started_at, world.now)
    assert len(changes) == 2
    for day in changes:
        assert any(_local(turn.started_at) < day <= _local(turn.until) for turn in turns if turn.replied_at)
    assert {turn.is_within_target for turn in turns} >= {True, False}
    assert any(turn.closed_at for turn in turns)
    assert any(not (turn.replied_at or turn.closed_at) for turn in turns)
    assert any(turn.message_count > 1 for turn in turns)
    steps = {(step.kind, step.who) for one in threads(world) for step in one.steps}
    assert {("message", "bot"), ("note", "colleague"), ("reopen", "customer"), ("rating", "customer")} <= steps
    assert any(one.steps[0].who == "colleague" for one in threads(world))
    assert any(one.deleted_at for one in threads(world))


@pytest.mark.parametrize("seed", [1, 7, 2024])
def test_every_seed_names_competitors_at_both_desks_and_in_what_they_lose_again(seed: int) -> None:
    world = build(seed)
    said = [one for one in remarks(world).values() if one.step.at <= world.now]
    named = {(one.thread.desk, one.step.who) for one in said if one.line.competitor and one.is_there(world.now)}
    assert named == {(desk, who) for desk in ("intercom", "zendesk") for who in ("customer", "colleague")}
    lost = {one.thread.desk for one in said if one.line.competitor and not one.is_there(world.now)}
    assert lost == {"intercom", "zendesk"}
    assert any(one.step.who == "customer" and not one.line.competitor for one in said), "and what only sounds like one"


def test_customers_leave_after_a_decline_or_suddenly() -> None:
    found = [one for one in courses(build(seed=3)).values() if one.churned_at]
    declined = [one for one in found if one.churned_at and one.at(one.churned_at) < 0.1]
    assert len(found) > len(declined) >= 3


def test_the_score_foresees_who_leaves_no_better_than_the_hidden_health_does() -> None:
    """Reported on seeds nothing was tuned on. The score is published as uncalibrated while its AUC is below 0.65."""
    cases = []
    for seed in (101, 102, 103, 104):
        world = build(seed, scale=4.0)
        first = company_date(world.started_at)
        cases += calibration.cases(world, [first + timedelta(days=days) for days in (120, 150, 185)])
    score, ceiling = calibration.auc(cases), calibration.auc(cases, of="latent")
    deciles = ", ".join(f"{share:.2f}" for share in calibration.deciles(cases))
    left = sum(one.has_left for one in cases)
    print(f"\nhealth: AUC {score:.3f} of {ceiling:.3f} on {len(cases)} cases, {left} left; deciles {deciles}")
    assert left >= 30
    assert 0.5 < score < ceiling
    assert ceiling > 0.65
