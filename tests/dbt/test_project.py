"""What every model of the project promises, read from its parsed manifest."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from tests.dbt.warehouse import ROOT

SCHEMAS = {
    "STAGING",
    "ANALYTICS",
    "GONG_INTELLIGENCE",
    "COMPETITIVE_INTELLIGENCE",
    "EXECUTIVE_INTELLIGENCE",
    "EXECUTIVE_DASHBOARD",
}
PERSONAL = ("email", "first_name", "last_name", "real_name", "party_name", "phone_number", "message_text", "payload")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = str(tmp_path_factory.mktemp("parse"))
    options = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT / "dbt_project"), "--target-path", folder]
    outcome = dbtRunner().invoke(["--quiet", "--log-path", folder, "--warn-error", "parse", *options])
    assert outcome.success, outcome.exception
    yield outcome.result


@pytest.fixture(scope="module")
def models(manifest: Any) -> list[Any]:
    return [node for node in manifest.nodes.values() if node.resource_type in ("model", "seed")]


def test_every_description_begins_with_the_grain(models: list[Any]) -> None:
    assert [model.name for model in models if not model.description.startswith("One row")] == []


def test_every_model_has_a_tested_key(manifest: Any, models: list[Any]) -> None:
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
        if column.name in PERSONAL and not column.config.meta.get("pii")
    ]
    assert unmarked == []


def test_every_source_has_the_models_its_name_promises(manifest: Any, models: list[Any]) -> None:
    """A folder under models/staging is a source: it has base_<source>__records, and completeness counts it."""
    folders = {entry.name for entry in os.scandir(ROOT / "dbt_project/models/staging") if entry.is_dir()}
    bases = {model.name for model in models if model.name.endswith("__records")}
    assert bases == {f"base_{folder}__records" for folder in folders}
    [completeness] = [model for model in models if model.name == "completeness"]
    counted = {unique_id.rsplit(".", 1)[1] for unique_id in completeness.depends_on.nodes if ".base_" in unique_id}
    assert counted == bases
