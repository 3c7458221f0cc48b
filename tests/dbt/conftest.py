"""The project, parsed once: parsing costs more than any run of the tests here."""

import pytest
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from tests.dbt.warehouse import PROJECT


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """No run may depend on what was true while parsing, so it serves every warehouse and every clock."""
    folder = str(tmp_path_factory.mktemp("parse"))
    outcome = dbtRunner().invoke(
        ["--quiet", "--log-path", folder, "--warn-error", "parse", *PROJECT, "--target-path", folder]
    )
    if not isinstance(outcome.result, Manifest):
        pytest.fail(f"dbt parse: {outcome.exception}")
    return outcome.result
