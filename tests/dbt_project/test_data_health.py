"""How fresh, late, repeated, complete and sound each stream is, on deliveries that can be counted by hand."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt_project.story import Told
from tests.dbt_project.warehouse import Warehouse


def _message(number: int, sent: str, received: str, **told: Any) -> Told:
    payload = {"event": {"text": "hello", **told}}
    return Told("slack", "message", f"C1/{number}", "upsert", sent, payload, received)


def _ticket(number: int, received: str, **told: Any) -> Told:
    payload = {"id": number, "status": "open", "created_at": "2026-03-01T00:00:00Z", **told}
    return Told("zendesk", "ticket", str(number), "upsert", "2026-03-01 00:00:00", payload, received, "pull")


def _checked(stream: str, listed: int, held: int) -> Told:
    counts = {"listed": listed, "held": held, "unrepaired": listed - held}
    times = {"window_start": "2026-03-01T00:00:00Z", "window_end": "2026-03-20T00:00:00Z"}
    payload = {"source": "slack", "connection_id": "main", "stream": stream, "checked_at": "2026-03-20T08:00:00Z"}
    at = "2026-03-20 08:00:00"
    return Told("sophia", "completeness", stream, "upsert", at, {**payload, **times, **counts}, at, "api")


MESSAGES = [
    _message(1, "2026-03-20 10:00:00", "2026-03-20 10:00:05"),
    _message(2, "2026-03-20 10:00:00", "2026-03-20 11:00:00"),  # an hour is not late
    _message(3, "2026-03-20 10:00:00", "2026-03-20 11:01:00"),
    _message(4, "2026-03-10 10:00:00", "2026-03-15 10:00:00", text=None),
]
TICKETS = [
    *(_ticket(number, "2026-03-19 16:00:00") for number in range(1, 4)),  # older than a day, no drift of today
    _ticket(4, "2026-03-19 16:00:00", status=None),
]


@pytest.fixture(scope="module")
def health(story: Warehouse) -> dict[str, dict[str, Any]]:
    """By stream."""
    story.forget()
    story.land([*MESSAGES, *MESSAGES[:2], *TICKETS, _checked("message", 5, 4)], datetime(2026, 3, 20, 12))
    story.run_again("+data_health", full_refresh=True)
    return {row["stream"]: row for row in story.rows("MCP_DATA.DATA_HEALTH")}


def test_copies_are_counted_apart_from_events(health: dict[str, dict[str, Any]]) -> None:
    row = health["message"]
    assert (row["records"], row["events"], row["duplicates"]) == (4, 4, 2)
    assert row["duplicate_share"] == Decimal("0.333333")


def test_late_is_an_hour_after_the_change_and_only_by_webhook(health: dict[str, dict[str, Any]]) -> None:
    assert (health["message"]["late_records"], health["message"]["late_share"]) == (2, Decimal("0.5"))
    assert (health["ticket"]["late_records"], health["ticket"]["late_share"]) == (0, None)


def test_drift_is_of_the_last_day_and_a_flaw_of_any(health: dict[str, dict[str, Any]]) -> None:
    assert (health["message"]["field_missing"], health["message"]["drift_share"]) == (1, 0)
    assert (health["ticket"]["field_missing"], health["ticket"]["drift_share"]) == (1, None)


def test_a_source_is_stale_when_all_of_it_is_silent(health: dict[str, dict[str, Any]]) -> None:
    assert health["message"]["is_stale"] is False
    assert health["ticket"]["is_stale"] is True
    assert health["completeness"]["is_stale"] is None  # nobody said how often it speaks
    assert health["message"]["quiet_hours"] == Decimal("5.98")


def test_completeness_stands_beside(health: dict[str, dict[str, Any]]) -> None:
    row = health["message"]
    assert (row["completeness_percent"], row["unrepaired"], row["is_complete"]) == (Decimal("80.000"), 1, False)
    assert health["ticket"]["completeness_percent"] is None


def test_the_worst_is_told(health: dict[str, dict[str, Any]]) -> None:
    assert {stream: row["status"] for stream, row in health.items()} == {
        "message": "incomplete",
        "ticket": "stale",
        "completeness": "healthy",
    }
