"""The models' own documents: dbt describes what the warehouse holds, and nothing is left out or undescribed."""

import json

import pytest
from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.contracts.graph.manifest import Manifest

from tests.dbt_project.known_company import KnownCompany

PARTLY_DESCRIBED = {
    "base_hubspot__property_changes",
    "base_linear__issue_changes",
    "base_slack__channel_changes",
    "int_calls__chunks",
    "int_calls__linked",
    "int_calls__talking_points",
    "int_competitors__raw_mentions",
    "int_competitors__scored",
    "stg_github__deployment_targets",
    "stg_github__deployments",
    "stg_github__issue_comments",
    "stg_github__issues",
    "stg_github__pull_requests",
    "stg_github__push_commits",
    "stg_github__pushes",
    "stg_github__releases",
    "stg_github__repositories",
    "stg_github__reviews",
    "stg_github__workflow_runs",
    "stg_gong__call_parties",
    "stg_gong__calls",
    "stg_gong__transcript_sentences",
    "stg_gong__users",
    "stg_hubspot__associations",
    "stg_hubspot__companies",
    "stg_hubspot__contacts",
    "stg_hubspot__deal_changes",
    "stg_hubspot__deals",
    "stg_hubspot__merges",
    "stg_hubspot__owners",
    "stg_hubspot__pipeline_stages",
    "stg_slack__channels",
    "stg_slack__messages",
    "stg_slack__reactions",
    "stg_slack__users",
    "stg_sophia__completeness",
}
"""Models whose plainest columns nobody has described yet. Whoever describes the last one of a model takes it out."""


@pytest.fixture(scope="module")
def catalog(company: KnownCompany) -> CatalogArtifact:
    """What the warehouse says it holds."""
    return company.warehouse.dbt("docs", "generate", "--no-compile")


def test_the_catalog_holds_every_model_and_source(catalog: CatalogArtifact, manifest: Manifest) -> None:
    built = {name for name, node in manifest.nodes.items() if node.resource_type in ("model", "seed")}
    assert not catalog.errors
    assert built - catalog.nodes.keys() == set()
    assert manifest.sources.keys() - catalog.sources.keys() == set()


def test_every_column_of_a_model_is_described_and_no_other(catalog: CatalogArtifact, manifest: Manifest) -> None:
    wrong = {}
    partly = set()
    for name, table in catalog.nodes.items():
        model = manifest.nodes[name]
        if model.resource_type != "model":
            continue
        held = {column.lower() for column in table.columns}
        told = {column.name.lower() for column in model.columns.values() if column.description}
        if told - held:
            wrong[model.name] = f"describes what it does not hold: {sorted(told - held)}"
        if held - told and model.name in PARTLY_DESCRIBED:
            partly.add(model.name)
        elif held - told:
            wrong[model.name] = f"does not describe: {sorted(held - told)}"
    assert wrong == {}
    assert PARTLY_DESCRIBED - partly == set(), "described by now: take them out of PARTLY_DESCRIBED"


def test_the_page_is_written_with_lineage_beside_the_catalog(company: KnownCompany, catalog: CatalogArtifact) -> None:
    folder = company.warehouse.folder
    assert (folder / "index.html").is_file()
    assert json.loads((folder / "catalog.json").read_text())["nodes"].keys() == catalog.nodes.keys()
    parents = company.warehouse.manifest.parent_map
    assert "model.sophia.kpi_rollups_detail" in parents["model.sophia.kpi_rollups"]
