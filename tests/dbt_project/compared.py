"""What is compared when the same story is told in another order, or with something added."""

from typing import Any

from tests.dbt_project.warehouse import Warehouse

TABLES = {
    "EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS": (),
    "EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS_DETAIL": ("as_reported_value", "restated_at"),
    "EXECUTIVE_DASHBOARD.EXECUTIVE_DASHBOARD_30D": (),
    "GONG_INTELLIGENCE.CALL_TRANSCRIPTS": (),
    "COMPETITIVE_INTELLIGENCE.COMPETITOR_MENTIONS": (),
    "ANALYTICS.COMPLETENESS": ("duplicates",),
    "ANALYTICS.INT_COMPETITORS__RAW_MENTIONS": (),
    "ANALYTICS.INT_DATA_HEALTH__FLAWS": (),
    "ANALYTICS.INT_DEALS__STAGE_INTERVALS": ("landed_at",),
    "ANALYTICS.INT_LLM__REQUESTS": ("read_until",),
    "ANALYTICS.FCT_DEAL": (),
    "ANALYTICS.FCT_DEAL_STAGE_HISTORY": (),
    "ANALYTICS.FCT_PIPELINE_DAILY": ("landed_at",),
    "STAGING.BASE_RECORDS": ("landed_at",),
    "STAGING.BASE_HUBSPOT__PROPERTY_CHANGES": ("landed_at",),
    "STAGING.BASE_SLACK__CHANNEL_CHANGES": ("landed_at",),
}
"""What is compared, without the columns that tell when and how often something arrived."""
Tables = dict[str, list[dict[str, Any]]]


def tables(warehouse: Warehouse) -> Tables:
    return {table: warehouse.rows(table, leaving_out) for table, leaving_out in TABLES.items()}
