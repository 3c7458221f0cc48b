"""The models' own documents: dbt describes what the warehouse holds, and nothing is left out or undescribed."""

import json

import pytest
from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.contracts.graph.manifest import Manifest

from tests.dbt_project.known_company import KnownCompany


@pytest.fixture(scope="module")
def catalog(company: KnownCompany) -> CatalogArtifact:
    """What the warehouse says it holds."""
    return company.warehouse.dbt("docs", "generate", "--no-compile")


def test_the_catalog_holds_every_model_and_source(catalog: CatalogArtifact, manifest: Manifest) -> None:
    built = {name for name, node in manifest.nodes.items() if node.resource_type in ("model", "seed")}
    assert not catalog.errors
    assert built - catalog.nodes.keys() == set()
    assert manifest.sources.keys() - catalog.sources.keys() == set()


def test_every_column_of_every_model_and_seed_is_described_and_no_other(
    catalog: CatalogArtifact, manifest: Manifest
) -> None:
    wrong = {}
    for name, table in catalog.nodes.items():
        node = manifest.nodes[name]
        held = {column.lower() for column in table.columns}
        told = {column.name.lower() for column in node.columns.values() if column.description}
        if held != told:
            wrong[node.name] = {"not described": sorted(held - told), "not there": sorted(told - held)}
    assert wrong == {}


def test_the_page_is_written_with_lineage_beside_the_catalog(company: KnownCompany, catalog: CatalogArtifact) -> None:
    folder = company.warehouse.folder / "dbt"
    assert (folder / "index.html").is_file()
    assert json.loads((folder / "catalog.json").read_text())["nodes"].keys() == catalog.nodes.keys()
    company.warehouse.manifest.build_parent_and_child_maps()
    parents = company.warehouse.manifest.parent_map
    assert "model.sophia.kpi_rollups_detail" in parents["model.sophia.kpi_rollups"]
