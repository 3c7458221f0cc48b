"""What an incremental run of the daily pipeline tells anew and what it leaves; in the end, as a full refresh would."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.dbt_project.story import Told
from tests.dbt_project.warehouse import Warehouse

TABLE = "SOPHIA.ANALYTICS.FCT_PIPELINE_DAILY"
OLD, RECENT = date(2026, 1, 10), date(2026, 2, 20)
"""Before and within the days that are always told anew."""


def told(deal_id: str, at: str, operation: str, payload: dict[str, Any]) -> Told:
    return Told("hubspot", "deal", deal_id, operation, f"2026-{at} 17:00:00", payload, f"2026-{at} 17:00:00")


def deal(deal_id: str, at: str, amount: str) -> Told:
    properties = {"dealstage": "qualifiedtobuy", "pipeline": "default", "amount": amount, "deal_currency_code": "USD"}
    created = {"createdate": f"2026-{at}T17:00:00Z", "closedate": "2026-06-01T17:00:00Z"}
    return told(deal_id, at, "upsert", {"properties": properties | created})


def change(deal_id: str, at: str, name: str, value: str) -> Told:
    return told(deal_id, at, "partial", {"propertyName": name, "propertyValue": value})


def amounts(warehouse: Warehouse, day: date) -> dict[str | None, Decimal | None]:
    """By the first day of the deal, which is how the story names it."""
    rows = warehouse.query(
        f"""
        select unified.hubspot_deal_id, held.amount_usd
        from {TABLE} as held
        left join SOPHIA.ANALYTICS.INT_DEALS__UNIFIED as unified on unified.deal_key = held.deal_key
        where held.date_key = '{day}'
        """  # noqa: S608
    )
    return {row["hubspot_deal_id"]: row["amount_usd"] for row in rows}


def told_again(warehouse: Warehouse, events: list[Told], hour: int) -> None:
    """Spoil two days, so that it shows which of them a run tells anew; then land, and run."""
    warehouse.query(f"update {TABLE} set amount_usd = -1 where date_key in ('{OLD}', '{RECENT}')")  # noqa: S608
    warehouse.land(events, datetime(2026, 3, 20, hour))
    warehouse.run_again("+fct_pipeline_daily")


def test_days_are_told_anew_from_the_first_day_of_what_changed(story: Warehouse) -> None:
    """Of an old deal that landed long ago, and a younger one."""
    story.forget()
    story.land([deal("1", "01-05", "100")], datetime(2026, 3, 20, 6))
    story.land([deal("2", "03-01", "10")], datetime(2026, 3, 20, 8))
    story.run_again("+fct_pipeline_daily", full_refresh=True)
    assert amounts(story, OLD) == {"1": 100}
    assert amounts(story, date(2026, 3, 5)) == {"1": 100, "2": 10}

    told_again(story, [change("2", "03-04", "amount", "20")], 10)
    assert amounts(story, OLD) == {"1": -1}, "nothing landed about a deal of that day"
    assert amounts(story, RECENT) == {"1": 100}, "the last days are told by every run"
    assert amounts(story, date(2026, 3, 5)) == {"1": 100, "2": 20}

    told_again(story, [change("1", "01-08", "amount", "70")], 12)
    assert amounts(story, OLD) == {"1": 70}, "a change that came two months late"

    merge = told("2", "03-10", "partial", {"primaryObjectId": 2, "mergedObjectIds": [1]})
    told_again(story, [merge], 14)
    assert amounts(story, date(2026, 3, 5)) == {"2": 20}, "the loser of a merge is in no day"
    assert amounts(story, OLD) == {None: None}, "and the days it was told of are told without it"

    told_again(story, [told("2", "03-12", "delete", {})], 16)
    assert amounts(story, date(2026, 3, 13)) == {None: None}, "a day without an open deal is told"
    by_run = story.rows("ANALYTICS.FCT_PIPELINE_DAILY")
    story.run_again("fct_pipeline_daily", full_refresh=True)
    assert [row for row in by_run if row["date_key"] >= date(2026, 3, 1)] == story.rows("ANALYTICS.FCT_PIPELINE_DAILY")
