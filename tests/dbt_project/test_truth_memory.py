"""What is remembered of decisions against what the company decided: the last state, each edit, each outcome."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from events.decision import Decision
from infra.company.chance import company_date
from infra.company.decisions import Recorded, decide
from infra.company.truth import decisions as truth
from tests.dbt_project.known_company import KnownCompany
from tests.dbt_project.story import Told
from tests.dbt_project.warehouse import Warehouse


@dataclass(frozen=True)
class Memory:
    company: KnownCompany
    recorded: tuple[Recorded, ...]

    @property
    def warehouse(self) -> Warehouse:
        return self.company.warehouse

    @property
    def held(self) -> list[Recorded]:
        """Those not withdrawn."""
        return [one for one in self.recorded if one.withdrawn_at is None]


@pytest.fixture(scope="module")
def memory(company: KnownCompany) -> Iterator[Memory]:
    """Every version told, in no order, some twice; a part of them, first versions among it, in a second run."""
    recorded = decide(company.world)
    told = [event for one in recorded for event in _told(one)]
    chance = random.Random(company.world.seed)
    late = [event for event in told if chance.random() < 0.3]
    in_time = [event for event in told if event not in late]
    [newest] = company.warehouse.query("select max(landed_at) as landed_at from SOPHIA.RAW_DATA.EVENTS")
    for number, events in enumerate((in_time, late)):
        events += events[::4]
        chance.shuffle(events)
        company.warehouse.land(events, newest["landed_at"] + timedelta(hours=1 + number))
        company.warehouse.dbt(
            "run", "--select", "base_records", "base_sophia__decision_versions+", "stg_sophia__decisions+"
        )
    yield Memory(company, recorded)


def test_every_decision_is_as_last_recorded(memory: Memory) -> None:
    found = {row["decision_id"]: row for row in memory.warehouse.rows("AI_MEMORY.DECISIONS")}
    assert set(found) == {one.versions[0].decision_id for one in memory.held}
    for one in memory.held:
        decision, row = one.versions[-1], found[one.versions[0].decision_id]
        told = (row["title"], row["rationale"], row["owner_email"], row["review_on"], row["superseded_by_id"])
        expected = (decision.title, decision.rationale, decision.owner, decision.review_on, decision.superseded_by)
        assert told == expected
        assert row["status"] == _status(memory, decision)
        assert row["chosen_alternative"] == next(one.name for one in decision.alternatives if one.is_chosen)
        assert row["version_count"] == len(truth.edits(one))
        assert (row["decided_at"], row["decided_on"]) == (_utc(decision.decided_at), company_date(decision.decided_at))


def test_every_edit_is_kept_in_the_order_it_was_made(memory: Memory) -> None:
    rows = memory.warehouse.query(
        "select decision_id, version_number, changed_fields, rationale, owner_email, valid_from"
        " from AI_MEMORY.DECISION_VERSIONS order by decision_id, version_number"
    )
    found = [
        (
            *(row["decision_id"], row["version_number"], set(json.loads(row["changed_fields"]))),
            *(row["rationale"], row["owner_email"], row["valid_from"]),
        )
        for row in rows
    ]
    expected = [
        (
            *(edit.decision_id, edit.number, set(edit.changed)),
            *(edit.version.rationale, edit.version.owner, _utc(edit.version.recorded_at)),
        )
        for one in sorted(memory.recorded, key=lambda one: one.versions[0].decision_id)
        for edit in truth.edits(one)
    ]
    assert found == expected


def test_every_alternative_is_there_in_its_place(memory: Memory) -> None:
    rows = memory.warehouse.query(
        "select decision_id, position_in_list, alternative_name, is_chosen, rejected_because"
        " from AI_MEMORY.DECISION_ALTERNATIVES order by decision_id, position_in_list"
    )
    expected = [
        (decision.decision_id, number, one.name, one.is_chosen, one.rejected_because)
        for decision in sorted((one.versions[-1] for one in memory.held), key=lambda one: one.decision_id)
        for number, one in enumerate(decision.alternatives, start=1)
    ]
    assert [tuple(row.values()) for row in rows] == expected


def test_outcomes_are_the_means_before_and_after(memory: Memory) -> None:
    """To the cent, to which each day's value is published."""
    found = {row["decision_id"]: row for row in memory.warehouse.rows("AI_MEMORY.DECISION_OUTCOMES")}
    measurable = [one.versions[-1] for one in memory.held if one.versions[-1].expected_outcome]
    assert set(found) == {one.decision_id for one in measurable}
    for decision in measurable:
        row, expected = found[decision.decision_id], truth.outcome(memory.company.world, decision)
        for name, value in (("value_before", expected.before), ("value_after", expected.after)):
            assert (row[name] is None) == (value is None), decision
            assert value is None or abs(row[name] - value) < Decimal("0.01"), (decision.decision_id, name)
        assert (row["outcome"] == "running") == (expected.after is None)
        if expected.before is not None and expected.after is not None:
            assert decision.expected_outcome
            change = expected.after - expected.before
            went = "up" if change > 0 else "down"
            is_as_expected = went == decision.expected_outcome.direction
            told = "as_expected" if is_as_expected else "against_expectation"
            assert row["outcome"] == (told if change else "unchanged"), decision.decision_id


def _status(memory: Memory, decision: Decision) -> str:
    if decision.superseded_by:
        return "superseded"
    if decision.reversed_at:
        return "reversed"
    is_due = decision.review_on is not None and decision.review_on <= company_date(memory.company.world.now)
    return "review_due" if is_due else "in_force"


def _told(recorded: Recorded) -> list[Told]:
    about = ("sophia", "decision", recorded.versions[0].decision_id)
    told = []
    for version in recorded.versions:
        at = str(_utc(version.recorded_at))
        told.append(Told(*about, "upsert", at, json.loads(msgspec.json.encode(version)), at, "api"))
    if recorded.withdrawn_at:
        at = str(_utc(recorded.withdrawn_at))
        told.append(Told(*about, "delete", at, {}, at, "api"))
    return told


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
