"""What goes wrong on the way."""

import json
from collections import Counter

import pytest

from infra.company.deliveries import deliveries
from infra.company.delivery import Delivery
from infra.company.faults import Rates, disturb
from infra.company.world import World

NONE = Rates(repeated=0, repeated_under_new_id=0, out_of_order=0, days_late=0, lost=0, malformed=0)


@pytest.fixture(scope="module")
def made(world: World) -> list[Delivery]:
    return deliveries(world)


def test_without_faults_all_arrives_in_order(made: list[Delivery]) -> None:
    sent = disturb(made, 1, NONE).sent
    assert [one.body for one in sent] == [one.body for one in made]


def test_nothing_is_both_sent_and_lost_and_nothing_vanishes(made: list[Delivery]) -> None:
    disturbed = disturb(made, 1)
    sent, lost = ({(one.delivery_id, one.at) for one in part} for part in (disturbed.sent, disturbed.lost))
    assert not sent & lost
    assert {(one.delivery_id, one.at) for one in made} <= sent | lost


def test_only_what_something_can_repair_is_lost(made: list[Delivery]) -> None:
    assert all(one.is_repairable for one in disturb(made, 2, Rates(lost=0.5)).lost)
    assert any(not one.is_repairable for one in made)


def test_the_rates_are_roughly_kept(made: list[Delivery]) -> None:
    extra = len(disturb(made, 3, Rates(lost=0, malformed=0)).sent) - len(made)
    assert 0.08 <= extra / len(made) <= 0.18


def test_garbage_is_a_truncated_copy_and_the_delivery_itself_still_arrives(made: list[Delivery]) -> None:
    garbage = [one for one in disturb(made, 4).sent if one.events[0][0] == "quarantine"]
    assert garbage
    for one in garbage:
        with pytest.raises(ValueError):
            json.loads(one.body)


def test_a_repetition_under_a_new_id_tells_the_same(made: list[Delivery]) -> None:
    made = [one for one in made if one.source in ("github", "gong", "hubspot", "slack")]
    disturbed = disturb(made, 5, Rates(repeated=0, repeated_under_new_id=1, lost=0, malformed=0))
    told = Counter(json.dumps(_without_ids(one.body), sort_keys=True) for one in disturbed.sent)
    assert {count for body, count in told.items() if "callData" not in body} == {2}
    assert len({one.delivery_id for one in disturbed.sent if one.source == "slack"}) == 2 * sum(
        one.source == "slack" for one in made
    )


def _without_ids(body: bytes) -> object:
    def strip(told: dict) -> dict:
        return {name: value for name, value in told.items() if name not in ("event_id", "event_context", "eventId")}

    told = json.loads(body)
    return [strip(one) for one in told] if isinstance(told, list) else strip(told)
