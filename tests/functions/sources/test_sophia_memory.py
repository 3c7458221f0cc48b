"""Decisions and requests to be erased, as the warehouse hears of them."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from events.decision import Decision
from events.erasure import Erasure, subject_hashes

SAMPLES = Path(__file__).parents[3] / "events/sophia/samples"


def test_a_decision_is_told_by_its_own_id_whatever_was_edited() -> None:
    decision = msgspec.json.decode((SAMPLES / "api__decision.json").read_bytes(), type=Decision)
    edited = msgspec.structs.replace(decision, rationale="Else.", recorded_at=datetime(2026, 11, 1, tzinfo=UTC))
    assert decision.entity_id == edited.entity_id == "dec-2026-0012"
    assert [one.name for one in decision.alternatives if one.is_chosen] == ["Discount of 5 %"]


def test_a_request_to_be_erased_holds_nothing_but_hashes() -> None:
    request = msgspec.json.decode((SAMPLES / "api__erasure.json").read_bytes(), type=Erasure)
    assert request.subject_hashes == subject_hashes(["Jordan.Blake@oakridge.example", "Jordan Blake"])


@pytest.mark.parametrize("same", ["Jordan.Blake@Oakridge.example", " jordan.blake@oakridge.example "])
def test_an_address_is_the_same_however_it_is_written(same: str) -> None:
    assert subject_hashes([same]) == subject_hashes(["jordan.blake@oakridge.example"])


def test_of_a_name_the_first_two_words_count() -> None:
    assert subject_hashes(["Jordan  Blake-Okonjo Jr."]) == subject_hashes(["jordan blake-okonjo"])
