"""What people see has an owner, a contract and words for every column; what questions are asked in is defined once."""

import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.contracts.graph.manifest import Manifest

from infra.company.chance import company_date
from infra.semantic import semantic_view
from tests.dbt_project.known_company import KnownCompany

GOLDEN = Path(__file__).with_name("semantic_view.golden.yaml")


@pytest.fixture(scope="module")
def project(manifest: Manifest) -> dict[str, Any]:
    return manifest.writable_manifest().to_dict()


def test_every_exposure_has_an_owner_to_write_to(project: dict[str, Any]) -> None:
    assert project["exposures"]
    for exposure in project["exposures"].values():
        assert exposure["owner"]["name"] and "@" in exposure["owner"]["email"], exposure["name"]
        assert exposure["maturity"] and exposure["description"], exposure["name"]


def test_every_model_that_feeds_an_exposure_has_a_contract_and_words_for_every_column(project: dict[str, Any]) -> None:
    feeding = {name for one in project["exposures"].values() for name in one["depends_on"]["nodes"]}
    for name in feeding:
        model = project["nodes"][name]
        assert model["contract"]["enforced"], name
        assert model["description"].startswith("One row"), name
        assert [column for column in model["columns"].values() if not column["description"]] == [], name


def test_every_mart_of_what_people_see_feeds_some_exposure(project: dict[str, Any]) -> None:
    """The schemas that only people and tools read hold nothing that nobody answers for."""
    feeding = {name for one in project["exposures"].values() for name in one["depends_on"]["nodes"]}
    seen = {
        name
        for name, node in project["nodes"].items()
        if node["resource_type"] == "model" and node["schema"] in ("MCP_DATA", "EXECUTIVE_DASHBOARD")
    }
    assert seen - feeding == set()


def test_every_metric_says_what_it_is(project: dict[str, Any]) -> None:
    assert {"revenue_mtd", "pipeline_value", "win_rate", "competitive_win_rate"} <= {
        metric["name"] for metric in project["metrics"].values()
    }
    assert [metric["name"] for metric in project["metrics"].values() if not metric["description"]] == []


def test_the_semantic_view_is_as_last_agreed(project: dict[str, Any]) -> None:
    """After a change that is meant: `python -m infra.semantic > tests/dbt_project/semantic_view.golden.yaml`."""
    assert semantic_view(project) == GOLDEN.read_text()


def test_every_expression_of_the_semantic_view_can_be_selected(company: KnownCompany, project: dict[str, Any]) -> None:
    """From its table on the emulator, which cannot make the view itself; what is a KPI says what kpi_rollups says."""
    [rollup] = company.warehouse.query(
        "select * from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS order by date_key desc limit 1"
    )
    for table in yaml.safe_load(semantic_view(project))["tables"]:
        relation = f"{table['base_table']['schema']}.{table['base_table']['table']}"
        columns = ", ".join(one["expr"] for one in [*table["dimensions"], *table.get("time_dimensions", [])])
        company.warehouse.query(f"select {columns} from {relation} limit 1")  # noqa: S608
        for metric in table.get("metrics", []):
            [row] = company.warehouse.query(f"select {metric['expr']} as value from {relation}")  # noqa: S608
            if metric["name"] in rollup:
                assert _published(metric["name"], row["value"]) == rollup[metric["name"]], metric["name"]


def test_every_verified_query_answers_as_the_metric_does(company: KnownCompany, project: dict[str, Any]) -> None:
    """Each question of meta.verified_queries, run as written; a number it names is the one of kpi_rollups."""
    asked = [
        (metric["name"], query)
        for metric in project["metrics"].values()
        for query in metric["config"]["meta"].get("verified_queries", [])
    ]
    assert asked
    day = company_date(company.world.now)
    [rollup] = company.warehouse.query(
        f"select * from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS where date_key = '{day}'"  # noqa: S608
    )
    for name, query in asked:
        assert re.search(r"\?$", query["question"]), name
        rows = company.warehouse.query(query["sql"])
        if name in rollup:
            assert _published(name, rows[0]["value"]) == rollup[name], query["question"]
        else:
            assert rows, query["question"]


def _published(name: str, value: Decimal | None) -> Decimal | None:
    """As kpi_rollups rounds it: rates to six places, money to cents."""
    places = Decimal("0.000001") if name.endswith("rate") else Decimal("0.01")
    return None if value is None else Decimal(value).quantize(places, ROUND_HALF_UP)
