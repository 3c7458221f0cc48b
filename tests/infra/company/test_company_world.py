"""The truth: repeatable to the byte, and numbers that hang together."""

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from infra.company.chance import company_date
from infra.company.deliveries import deliveries
from infra.company.entities import entities
from infra.company.faults import disturb
from infra.company.grammar import COMPETITORS
from infra.company.pipeline import WON
from infra.company.sayings import MISSPELLED, NAMES
from infra.company.truth import deals
from infra.company.truth import sales as truth
from infra.company.world import World, build


def fingerprint(seed: int, now: datetime) -> str:
    world = build(seed, now)
    sent = disturb(deliveries(world), seed).sent
    told = b"".join(one.source.encode() + one.delivery_id.encode() + one.body for one in sent)
    return hashlib.sha256(told + repr(sorted(entities(world).items())).encode()).hexdigest()


def fingerprint_of_another_process(seed: int, now: datetime) -> str:
    """Where sets and dictionaries hash otherwise."""
    here = Path(__file__)
    paths = [str(here.parents[3]), str(here.parents[3] / "functions"), str(here.parent)]
    code = f"from datetime import datetime; import {here.stem} as told\n"
    code += f"print(told.fingerprint({seed}, datetime.fromisoformat({now.isoformat()!r})))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": "12345"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return done.stdout.strip()


def test_the_same_seed_gives_the_same_bytes() -> None:
    now = datetime(2026, 11, 20, 17, tzinfo=UTC)
    assert fingerprint(42, now) == fingerprint(42, now)
    assert fingerprint(42, now) == fingerprint_of_another_process(42, now)
    assert fingerprint(42, now) != fingerprint(43, now)
    assert fingerprint(42, now) != fingerprint(42, now + timedelta(days=1))


def test_the_default_size_fits_a_demonstration() -> None:
    world = build()
    assert 500 <= len(disturb(deliveries(world), 42).sent) <= 3_500
    assert 700 <= sum(len(found) for found in entities(world).values()) <= 9_000


def test_scale_multiplies_the_company() -> None:
    assert len(build(scale=4.0).pursuits) > 3 * len(build().pursuits)


@pytest.mark.parametrize("seed", range(1, 6))
def test_every_seed_has_deals_won_lost_and_open_and_rivals_named(seed: int) -> None:
    world = build(seed)
    stages = [one.record.value("dealstage", world.now) for one in world.pursuits]
    assert stages.count("closedwon") >= 5
    assert stages.count("closedlost") >= 5
    assert any(not stage.startswith("closed") for stage in stages)
    assert {mention.competitor for mention in truth.mentions(world)} == set(COMPETITORS)


def test_revenue_of_a_month_starts_at_nothing_and_its_last_day_holds_every_deal_won_in_it(world: World) -> None:
    october = [day for day in truth.days(world) if (day.year, day.month) == (2026, 10)]
    at = datetime(2026, 11, 1, 6, 59, tzinfo=UTC)  # still 31 October in Los Angeles
    won = [
        deal.amount_usd or Decimal(0)
        for deal in deals.known(world, october[-1])
        if deal.record.value("dealstage", at) == WON and deal.close_date in october
    ]
    assert truth.revenue_mtd(world, october[-1]) == sum(won) > 0


def test_the_weighted_pipeline_is_never_above_the_unweighted_one(world: World) -> None:
    for day in truth.days(world):
        weighted, unweighted = (truth.pipeline_value(world, day, is_weighted=flag) for flag in (True, False))
        assert (weighted is None and unweighted is None) or weighted <= unweighted


def test_a_win_rate_on_too_few_deals_is_none_and_never_nought() -> None:
    assert truth.Ratio(0, 0).value is None
    assert truth.Ratio(5, 9).value is None
    assert truth.Ratio(0, 10).value == 0


def test_a_rival_first_named_after_the_close_makes_no_deal_competitive(world: World) -> None:
    onboarding = [call for call in world.calls if call.title.startswith("Onboarding") and call.deal]
    named = [call for call in onboarding if any(sentence.line.competitor for sentence in call.sentences)]
    assert named, "the trap is planted"
    for call in named:
        assert call.deal
        assert call.started_at > datetime.fromisoformat(call.deal.value("closedate", world.now))


def test_a_sentence_names_a_competitor_exactly_when_its_truth_says_so(world: World) -> None:
    """Its words in their ordinary meaning name nobody, and they are said."""
    spelled = {said: name for pool in (NAMES, MISSPELLED) for name, ways in pool.items() for said in ways}
    texts = [one.line for call in world.calls for one in call.sentences]
    for line in texts:
        heard = {name for said, name in spelled.items() if said in line.text}
        assert heard == ({line.competitor} if line.competitor else set())
    ordinary = [line for line in texts if "lease ledger" in line.text or "rent flow" in line.text]
    assert any(not line.competitor for line in ordinary)
    assert any(line.competitor and not any(said in line.text for said in NAMES[line.competitor]) for line in texts)


def test_the_dashboard_counts_thirty_complete_days(world: World) -> None:
    today = company_date(world.now)
    counted = sum(
        count for day, count in truth.calls_per_day(world).items() if today - timedelta(days=30) <= day < today
    )
    assert truth.dashboard_30d(world).total_calls == counted


def test_what_lies_ahead_is_in_the_world_but_not_yet_known() -> None:
    worlds = [build(seed) for seed in range(5)]
    assert any(len(truth.calls(one, one.now + timedelta(days=2))) > len(truth.calls(one)) for one in worlds)
    assert all(deliveries(one, until=one.now + timedelta(days=2), since=one.now) for one in worlds)
