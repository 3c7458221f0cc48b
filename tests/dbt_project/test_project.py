"""What every model of the project promises, read from its parsed manifest."""

import os
from typing import Any

import pytest
from dbt.contracts.graph.manifest import Manifest

from infra.dbt_process import ROOT
from infra.trace import read_by

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
LOOPS = {"hot", "nightly"}
HISTORIES = {
    "base_custom__subscription_versions",
    "base_hubspot__property_changes",
    "base_linear__issue_changes",
    "base_slack__channel_changes",
    "base_sophia__decision_versions",
}
"""Tables of what was true before."""
PERSONAL = tuple(
    f"_{name}"
    for name in (
        *("email", "phone", "phone_number", "first_name", "last_name", "full_name", "real_name", "party_name"),
        *("message_text", "payload", "job_title"),
    )
)
"""Ends of the names of columns about people."""


@pytest.fixture(scope="module")
def models(manifest: Manifest) -> list[Any]:
    return [node for node in manifest.nodes.values() if node.resource_type in ("model", "seed")]


@pytest.fixture(scope="module")
def raw_readers(models: list[Any]) -> set[str]:
    """The models that read RAW_DATA.EVENTS themselves."""
    return {
        model.name
        for model in models
        if model.resource_type == "model" and "source.sophia.raw_data.events" in model.depends_on.nodes
    }


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


def test_raw_events_are_read_by_staging_and_counted_as_they_arrive_alone(raw_readers: set[str]) -> None:
    """Everything else reads the newest versions: one model decides which those are."""
    assert {name for name in raw_readers if not name.startswith("base_")} == {"int_data_health__arrivals"}


def test_raw_events_are_scanned_once_for_versions_and_once_for_each_history(raw_readers: set[str]) -> None:
    """base_records keeps the newest version of every record of every source. What was true before, only the events
    tell: each of the others reads the streams of one source for its history."""
    assert {name for name in raw_readers if name.startswith("base_")} - HISTORIES == {"base_records"}


def test_every_source_table_says_how_fresh_it_must_be(manifest: Manifest) -> None:
    """`dbt source freshness` warns of each; only what nothing can do without is an error."""
    assert manifest.sources
    for table in manifest.sources.values():
        assert table.loaded_at_field, table.name
        assert table.freshness and table.freshness.warn_after, table.name
    events = manifest.sources["source.sophia.raw_data.events"].freshness
    assert events and events.error_after


def test_every_model_is_of_the_hot_loop_or_of_the_night(models: list[Any]) -> None:
    untagged = [model.name for model in models if model.resource_type == "model" and not LOOPS & set(model.tags)]
    assert untagged == []


def test_nothing_of_the_hot_loop_waits_for_the_night(models: list[Any]) -> None:
    """The hot loop leaves out whatever is tagged nightly, so none of its models may stand on one."""
    nightly = {model.unique_id for model in models if "nightly" in model.tags}
    assert nightly
    waiting = [
        model.name
        for model in models
        if model.resource_type == "model"
        and model.unique_id not in nightly
        and nightly.intersection(model.depends_on.nodes)
    ]
    assert waiting == []


def test_a_streams_readers_are_its_typed_staging_and_what_is_built_of_it(manifest: Manifest) -> None:
    """`sophia trace` follows an event into the marts by this."""
    steps = read_by(manifest.writable_manifest().to_dict(), "gong", "call")
    assert steps[0]["where"] == "STAGING.STG_GONG__CALLS"
    assert {"GONG_INTELLIGENCE.CALL_TRANSCRIPTS", "EXECUTIVE_DASHBOARD.EXECUTIVE_DASHBOARD_30D"} <= {
        step["where"] for step in steps
    }
    assert not any("HUBSPOT__" in step["where"] or "SLACK__" in step["where"] for step in steps)
