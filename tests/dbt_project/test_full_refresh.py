"""What the runs after the first one told, a full refresh tells as well, to the row."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest

from tests.dbt_project.known_company import KnownCompany
from tests.dbt_project.story import Told
from tests.dbt_project.warehouse import Warehouse

Answer = TypeVar("Answer")
Rows = list[dict[str, Any]]
BUILT_IN_TWO_RUNS = {
    "documents": ("AI_MEMORY.DOCUMENTS", "document_id"),
    "int_competitors__heard": ("ANALYTICS.INT_COMPETITORS__HEARD", "competitor_name"),
    "int_data_health__arrivals": ("ANALYTICS.INT_DATA_HEALTH__ARRIVALS", "arrivals_key"),
    "int_documents__slack_pieces": ("ANALYTICS.INT_DOCUMENTS__SLACK_PIECES", "piece_number"),
    "int_documents__texts": ("ANALYTICS.INT_DOCUMENTS__TEXTS", "document_id"),
    "int_llm__daily_sums": ("ANALYTICS.INT_LLM__DAILY_SUMS", "sum_key"),
    "int_llm__priced_requests": ("ANALYTICS.INT_LLM__PRICED_REQUESTS", "request_key"),
    "int_llm__requests": ("ANALYTICS.INT_LLM__REQUESTS", "record_id"),
    "int_slack__messages": ("ANALYTICS.INT_SLACK__MESSAGES", "record_id"),
}
"""By model its table, and a column that is empty where a row says only that there is nothing any more."""


@pytest.fixture(scope="module")
def refreshed(company: KnownCompany) -> dict[str, tuple[Rows, Rows]]:
    """By model its rows after the company's two runs, and after a full refresh."""

    def rows() -> dict[str, Rows]:
        read = {name: company.warehouse.rows(table, ("read_until",)) for name, (table, _) in BUILT_IN_TWO_RUNS.items()}
        return {name: [row for row in read[name] if row[BUILT_IN_TWO_RUNS[name][1]] is not None] for name in read}

    incremental = rows()
    company.warehouse.dbt("run", "--full-refresh", "--select", *BUILT_IN_TWO_RUNS)
    whole = rows()
    return {name: (incremental[name], whole[name]) for name in BUILT_IN_TWO_RUNS}


@pytest.mark.parametrize("model", BUILT_IN_TWO_RUNS)
def test_the_companys_second_run_ends_where_a_full_refresh_does(
    refreshed: dict[str, tuple[Rows, Rows]], model: str
) -> None:
    incremental, whole = refreshed[model]
    assert incremental
    assert whole == incremental


def _arrived(warehouse: Warehouse) -> tuple[int, ...]:
    """What landed, further copies of it, and of it by webhook and by pull; staging holds as much."""
    [row] = warehouse.query("select * from SOPHIA.ANALYTICS.COMPLETENESS")
    assert row["staged"] == row["landed"]
    return tuple(row[name] for name in ("landed", "duplicates", "landed_by_webhook", "landed_by_pull"))


def test_copies_by_both_lanes_and_hours_later_are_counted_as_a_full_refresh_counts_them(story: Warehouse) -> None:
    told, listed, new = (_payment(name, 1, 100) for name in ("told", "listed", "new"))

    def pulled(payment: Told) -> Told:
        return dataclasses.replace(payment, lane="pull")

    runs = [
        [told, told, pulled(listed)],
        [pulled(told), listed, new],
        [pulled(told), new],
        [told, pulled(new)],  # what first landed in hours that are counted no more
    ]
    models = "base_records", "int_data_health__arrivals", "completeness"
    assert _told_in_runs(story, models, runs, _arrived) == [(2, 1, 1, 1), (3, 3, 3, 2), (3, 5, 3, 2), (3, 7, 3, 3)]


def _payment(payment_id: str, minute: int, amount_cents: object, operation: str = "upsert") -> Told:
    at = f"2026-03-10 18:{minute:02d}:00"
    return Told("custom", "payment", payment_id, operation, at, {"data": {"amount_cents": amount_cents}}, at, "webhook")


def _flaws(warehouse: Warehouse) -> set[tuple[str, str]]:
    rows = warehouse.query("""
        select entity_id, flaw from SOPHIA.ANALYTICS.INT_DATA_HEALTH__FIELD_FLAWS
        inner join SOPHIA.STAGING.BASE_RECORDS using (record_id) where flaw is not null
    """)
    return {(row["entity_id"], row["flaw"]) for row in rows}


def test_a_field_mended_broken_or_deleted_later_is_told_as_a_full_refresh_tells_it(story: Warehouse) -> None:
    runs = [
        [
            _payment("mended", 1, "much"),
            _payment("broken", 1, 100),
            _payment("gone", 1, None),
            _payment("left", 1, "?"),
        ],
        [_payment("mended", 2, 100), _payment("broken", 2, None), _payment("gone", 2, None, "delete")],
        [_payment("another", 1, 100)],
    ]
    told = _told_in_runs(story, ("base_records", "int_data_health__field_flaws"), runs, _flaws)
    assert told == [
        {("mended", "field_mistyped"), ("gone", "field_missing"), ("left", "field_mistyped")},
        {("broken", "field_missing"), ("left", "field_mistyped")},
        {("broken", "field_missing"), ("left", "field_mistyped")},
    ]


def _call(
    request_id: str, minute: int, operation: str = "upsert", *, day: str | None = "2026-03-01", **also: Any
) -> Told:
    """As the gateway logs it; without a day it has no clock."""
    at = f"2026-03-10 18:{minute:02d}:00"
    told = {
        "model": "openai/gpt-4.1-mini",
        "status": "success",
        "prompt_tokens": 1000,
        "completion_tokens": 100,
        **also,
    }
    if day:
        told |= {"startTime": f"{day}T12:00:00Z", "endTime": f"{day}T12:00:01Z"}
    return Told("llm_usage", "litellm_spend_log", request_id, operation, at, told, at, "pull")


def _priced(warehouse: Warehouse) -> dict[str, tuple[str, bool, str]]:
    """Of every call that counts how its usage is known, whether another repeats it, and its day."""
    rows = warehouse.query("select * from SOPHIA.ANALYTICS.INT_LLM__PRICED_REQUESTS where not is_deleted")
    [counted] = warehouse.query("""
        select
            (select sum(requests_n) from SOPHIA.ANALYTICS.INT_LLM__DAILY_SUMS where slice = 'all') as by_day,
            (select sum(requests_n) from SOPHIA.BUSINESS_INTELLIGENCE.LLM_COST_DAILY where slice = 'all') as by_mart
    """)
    assert counted == {"by_day": len(rows), "by_mart": len(rows)}
    return {row["request_id"]: (row["usage_basis"], row["is_superseded"], str(row["date_key"])) for row in rows}


def test_calls_that_change_what_others_cost_are_priced_as_a_full_refresh_prices_them(story: Warehouse) -> None:
    """A retry that comes later and goes again, usage to be estimated of what comes later, a clock that comes late."""
    lost: dict[str, Any] = {"prompt_tokens": 0, "completion_tokens": 0}
    repeats: dict[str, Any] = {"metadata": {"spend_logs_metadata": {"retry_of": "first"}}}
    runs = [
        [
            _call("first", 1),
            _call("lost", 1, day="2026-03-03", model="openai/gpt-4.1", **lost),
            _call("no_clock", 1, day=None),
        ],
        [
            _call("second", 2, day="2026-03-02", **repeats),
            _call("known", 2, day="2026-03-02", model="openai/gpt-4.1"),
            _call("no_clock", 2, day="2026-02-27"),
        ],
        [_call("second", 3, "delete", day="2026-03-02", **repeats), _call("known", 3, "delete", day="2026-03-02")],
    ]
    models = "base_records", "int_llm__requests", "int_llm__priced_requests", "int_llm__daily_sums", "llm_cost_daily"
    told = _told_in_runs(story, models, runs, _priced)
    assert told == [
        {
            "first": ("reported", False, "2026-03-01"),
            "lost": ("missing", False, "2026-03-03"),
            "no_clock": ("reported", False, "2026-03-10"),
        },
        {
            "first": ("reported", True, "2026-03-01"),
            "second": ("reported", False, "2026-03-02"),
            "known": ("reported", False, "2026-03-02"),
            "lost": ("estimated", False, "2026-03-03"),
            "no_clock": ("reported", False, "2026-02-27"),
        },
        {
            "first": ("reported", False, "2026-03-01"),
            "lost": ("missing", False, "2026-03-03"),
            "no_clock": ("reported", False, "2026-02-27"),
        },
    ]


def _message(ts: str, text: str, operation: str = "upsert", thread_ts: str | None = None) -> Told:
    at = f"2026-03-10 {18 + (operation == 'delete')}:00:00"
    event = {"type": "message", "channel": "C1", "ts": ts, "thread_ts": thread_ts, "user": "U1", "text": text}
    return Told("slack", "message", f"C1/{ts}", operation, at, {"event": event}, at)


def _user(name: str, minute: int) -> Told:
    at = f"2026-03-10 18:{minute:02d}:00"
    return Told("slack", "user", "U1", "upsert", at, {"id": "U1", "real_name": name}, at, "pull")


def _pieces(warehouse: Warehouse) -> list[tuple[str, int, str, str, int]]:
    """Thread, number, who, what and where it begins."""
    rows = warehouse.query("select * from SOPHIA.ANALYTICS.INT_DOCUMENTS__PIECES where source = 'slack'")
    names = "source_record_id", "piece_number", "speaker", "piece_text", "start_offset"
    return sorted(tuple(row[name] for name in names) for row in rows)  # type: ignore[misc]


def test_threads_are_told_as_a_full_refresh_tells_them(story: Warehouse) -> None:
    """A reply to an old thread, a message and a whole thread that are gone, and a name that changed without a word."""
    begun, said = "1773165600.000100", "1773165700.000100"
    reply, alone = "1773165800.000100", "1773165900.000100"
    runs = [
        [_user("Ann", 1), _message(begun, "Rent?"), _message(alone, "Later."), _message(said, "Yes.", thread_ts=begun)],
        [_message(reply, "Paid.", thread_ts=begun), _message(alone, "", "delete")],
        [_message(said, "", "delete", thread_ts=begun)],
        [_user("Anna", 2)],
    ]
    models = "base_records", "int_slack__messages", "int_documents__numbered_pieces", "int_documents__slack_pieces"
    told = _told_in_runs(story, models, runs, _pieces)
    thread = f"C1/{begun}"
    assert told == [
        [(thread, 1, "Ann", "Rent?", 0), (thread, 2, "Ann", "Yes.", 6), (f"C1/{alone}", 1, "Ann", "Later.", 0)],
        [(thread, 1, "Ann", "Rent?", 0), (thread, 2, "Ann", "Yes.", 6), (thread, 3, "Ann", "Paid.", 11)],
        [(thread, 1, "Ann", "Rent?", 0), (thread, 2, "Ann", "Paid.", 6)],
        [(thread, 1, "Anna", "Rent?", 0), (thread, 2, "Anna", "Paid.", 6)],
    ]


def _ticket(minute: int, operation: str = "upsert") -> Told:
    at = f"2026-03-10 18:{minute:02d}:00"
    return Told("zendesk", "ticket", "t1", operation, at, {"id": "t1", "status": "open"}, at, "pull")


def _comment(comment_id: str, minute: int, body: str) -> Told:
    at = f"2026-03-10 18:{minute:02d}:00"
    part = {"id": comment_id, "event_type": "Comment", "author_id": "u1", "body": body}
    told = {"ticket_id": "t1", "created_at": f"{at.replace(' ', 'T')}Z", "child_events": [part]}
    return Told("zendesk", "ticket_event", comment_id, "event", at, told, at, "pull")


def _named(warehouse: Warehouse) -> set[tuple[str, str]]:
    rows = warehouse.query("select * from SOPHIA.ANALYTICS.INT_COMPETITORS__RAW_MENTIONS")
    return {(row["utterance_id"], row["competitor_name"]) for row in rows}


def test_what_was_written_in_a_ticket_goes_and_comes_back_with_it(story: Warehouse) -> None:
    """Even what arrived while the ticket was gone, and nothing of it arrives again."""
    runs = [
        [_ticket(1), _comment("before", 2, "We had Domura.")],
        [_ticket(3, "delete"), _comment("meanwhile", 4, "Domura again.")],
        [_ticket(5)],
    ]
    told = _told_in_runs(
        story, ("base_records", "int_competitors__heard", "int_competitors__raw_mentions"), runs, _named
    )
    assert told == [
        {("before", "Domura")},
        set(),
        {("before", "Domura"), ("meanwhile", "Domura")},
    ]


def _told_in_runs(
    warehouse: Warehouse,
    models: Sequence[str],
    runs: Sequence[Sequence[Told]],
    answer: Callable[[Warehouse], Answer],
) -> list[Answer]:
    """The answer after each run, of what landed an hour after the one before; a full refresh gives the last one too."""
    told = [answer(warehouse) for _ in warehouse.tell(runs, *models)]
    warehouse.run_again(*models, full_refresh=True)
    assert answer(warehouse) == told[-1]
    return told
