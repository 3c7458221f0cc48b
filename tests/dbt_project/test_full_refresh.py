"""What the runs after the first one told, a full refresh tells as well, to the row."""

from datetime import timedelta

import pytest

from tests.dbt_project.known_company import KnownCompany
from tests.dbt_project.story import LANDED_AT, Told
from tests.dbt_project.warehouse import Warehouse

BUILT_IN_TWO_RUNS = {
    "documents": ("AI_MEMORY.DOCUMENTS", "document_id"),
    "int_competitors__heard": ("ANALYTICS.INT_COMPETITORS__HEARD", "competitor_name"),
    "int_documents__texts": ("ANALYTICS.INT_DOCUMENTS__TEXTS", "document_id"),
    "int_llm__requests": ("ANALYTICS.INT_LLM__REQUESTS", "record_id"),
    "int_slack__messages": ("ANALYTICS.INT_SLACK__MESSAGES", "record_id"),
}
"""By model its table, and a column that is empty where a row says only that there is nothing any more."""


@pytest.mark.parametrize("model", BUILT_IN_TWO_RUNS)
def test_the_companys_second_run_ends_where_a_full_refresh_does(company: KnownCompany, model: str) -> None:
    table, told = BUILT_IN_TWO_RUNS[model]

    def rows() -> list[dict[str, object]]:
        return [row for row in company.warehouse.rows(table, ("read_until",)) if row[told] is not None]

    incremental = rows()
    company.warehouse.dbt("run", "--select", model, "--full-refresh")
    assert incremental
    assert rows() == incremental


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
    models = ("base_records", "int_data_health__field_flaws")
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
    story.forget()
    told = []
    for number, events in enumerate(runs):
        story.land(events, LANDED_AT + timedelta(hours=number))
        story.run_again(*models, full_refresh=number == 0)
        told.append(_flaws(story))
    assert told == [
        {("mended", "field_mistyped"), ("gone", "field_missing"), ("left", "field_mistyped")},
        {("broken", "field_missing"), ("left", "field_mistyped")},
        {("broken", "field_missing"), ("left", "field_mistyped")},
    ]
    story.run_again(*models, full_refresh=True)
    assert _flaws(story) == told[-1]
