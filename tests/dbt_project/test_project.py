"""What every model of the project promises, read from its parsed manifest."""

import os
from typing import Any

import pytest
from dbt.contracts.graph.manifest import Manifest

from infra.trace import read_by
from tests.dbt_project.warehouse import ROOT

SCHEMAS = {
    "STAGING",
    "ANALYTICS",
    "GONG_INTELLIGENCE",
    "COMPETITIVE_INTELLIGENCE",
    "EXECUTIVE_INTELLIGENCE",
    "EXECUTIVE_DASHBOARD",
    "BUSINESS_INTELLIGENCE",
    "AI_MEMORY",
    "MCP_DATA",
}
STAGING = ROOT / "dbt_project/models/staging"
PERSONAL = tuple(
    f"_{name}"
    for name in (
        *("email", "phone", "phone_number", "first_name", "last_name", "full_name", "real_name", "party_name"),
        *("message_text", "payload"),
    )
)
"""Ends of the names of columns about people."""


@pytest.fixture(scope="module")
def models(manifest: Manifest) -> list[Any]:
    return [node for node in manifest.nodes.values() if node.resource_type in ("model", "seed")]


def test_every_description_begins_with_the_grain(models: list[Any]) -> None:
    assert [model.name for model in models if not model.description.startswith("One row")] == []


def test_every_model_has_a_tested_key(manifest: Manifest, models: list[Any]) -> None:
    keyed = {
        node.attached_node
        for node in manifest.nodes.values()
        if getattr(node, "test_metadata", None) is not None and node.test_metadata.name == "is_key"
    }
    assert [model.name for model in models if model.unique_id not in keyed] == []


def test_every_mart_has_an_enforced_contract(models: list[Any]) -> None:
    marts = [model for model in models if "/marts/" in model.original_file_path]
    assert marts
    assert [model.name for model in marts if not model.contract.enforced] == []


def test_schemas_are_used_verbatim(models: list[Any]) -> None:
    assert {model.schema for model in models} == SCHEMAS


def test_columns_about_people_are_marked(models: list[Any]) -> None:
    unmarked = [
        f"{model.name}.{column.name}"
        for model in models
        for column in model.columns.values()
        if f"_{column.name}".endswith(PERSONAL) and not column.config.meta.get("pii")
    ]
    assert unmarked == []


def test_typed_staging_lies_in_the_folder_of_the_source_it_names(models: list[Any]) -> None:
    """models/staging/<source> holds stg_<source>__… views, and where history is kept, base_<source>__… tables."""
    folders = {entry.name for entry in os.scandir(STAGING) if entry.is_dir()}
    found = {
        folder: [model.name for model in models if f"/staging/{folder}/" in model.original_file_path]
        for folder in folders
    }
    assert [folder for folder in folders if not any(name.startswith(f"stg_{folder}__") for name in found[folder])] == []
    strays = [
        name
        for folder, names in found.items()
        for name in names
        if not name.startswith((f"stg_{folder}__", f"base_{folder}__"))
    ]
    assert strays == []


def test_raw_events_are_read_by_staging_and_counted_by_completeness_alone(models: list[Any]) -> None:
    """Everything else reads the newest versions: one model decides which those are."""
    readers = {
        model.name
        for model in models
        if model.resource_type == "model" and "source.sophia.raw_data.events" in model.depends_on.nodes
    }
    assert {name for name in readers if not name.startswith("base_")} == {"completeness"}


def test_a_streams_readers_are_its_typed_staging_and_what_is_built_of_it(manifest: Manifest) -> None:
    """`sophia trace` follows an event into the marts by this."""
    steps = read_by(manifest.writable_manifest().to_dict(), "gong", "call")
    assert steps[0]["where"] == "STAGING.STG_GONG__CALLS"
    assert {"GONG_INTELLIGENCE.CALL_TRANSCRIPTS", "EXECUTIVE_DASHBOARD.EXECUTIVE_DASHBOARD_30D"} <= {
        step["where"] for step in steps
    }
    assert not any("HUBSPOT__" in step["where"] or "SLACK__" in step["where"] for step in steps)
