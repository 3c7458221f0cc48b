"""Which company of the truth each account of the warehouse is."""

from infra.company.truth.accounts import account_of
from tests.dbt_project.known_company import KnownCompany


def companies_by_key(company: KnownCompany) -> dict[str, str]:
    """HubSpot's id of it by account key, of every account that HubSpot knows."""
    rows = company.warehouse.query(
        "select account_key, source_id from SOPHIA.ANALYTICS.INT_IDENTITY__ACCOUNT_MAP"
        " where source = 'hubspot' and record_kind = 'company'"
    )
    return {row["account_key"]: account_of(company.world, row["source_id"]) for row in rows}
