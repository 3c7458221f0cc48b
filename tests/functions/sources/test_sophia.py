"""Our own findings, as the ledger is made of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from events.sophia import Completeness

SAMPLE = Path(__file__).parents[3] / "events/sophia/samples/api__completeness.json"
FINDING = msgspec.json.decode(SAMPLE.read_bytes(), type=Completeness)


def test_a_finding_of_which_all_is_held_and_nothing_open_is_complete() -> None:
    assert FINDING.is_complete


def test_nothing_else_is_complete() -> None:
    for flaw in ({"held": 411}, {"unrepaired": 1}, {"vendor_total": 413}, {"error": "no usable answer"}):
        assert not msgspec.structs.replace(FINDING, **flaw).is_complete, flaw


def test_a_later_look_at_the_same_beginning_replaces_the_earlier_one() -> None:
    later = msgspec.structs.replace(FINDING, window_end=FINDING.window_end + timedelta(hours=1))
    other = msgspec.structs.replace(FINDING, window_start=datetime(2026, 11, 20, tzinfo=UTC))
    assert later.entity_id == FINDING.entity_id != other.entity_id
