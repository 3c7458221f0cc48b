"""The project, parsed once: parsing costs more than any run of the tests here; a small story and a whole company, built
once each for all the tests that look at them."""

import gc
import os
from argparse import Namespace
from collections.abc import Iterator

import pytest
from dbt.contracts.graph.manifest import Manifest
from dbt.flags import set_from_args

from infra.dbt_process import KEPT, connect_at_once, parsed
from tests.dbt_project.compared import Tables, tables
from tests.dbt_project.known_company import KnownCompany, built
from tests.dbt_project.story import AS_OF, EVENTS, LANDED_AT
from tests.dbt_project.warehouse import Warehouse, running

SEEDS = [int(one) for one in (os.environ.get("SOPHIA_TRUTH_SEEDS") or "7").split(",")]
"""One, so that `make test` stays short: a company takes minutes. `make accuracy` compares ten, five of them drawn."""


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    """No run may depend on what was true while parsing, so it serves every warehouse and every clock."""
    set_from_args(Namespace(SEND_ANONYMOUS_USAGE_STATS=False), None)  # what writes a manifest asks, before any command
    connect_at_once()
    read = parsed(KEPT)
    gc.freeze()  # a million objects: looking through them for garbage would be a third of what dbt does here
    return read


@pytest.fixture(scope="session", params=["story"])
def told_once(tmp_path_factory: pytest.TempPathFactory, manifest: Manifest) -> Iterator[tuple[Warehouse, Tables]]:
    """A warehouse in which the story was told in one run of every model, and what it held then."""
    with running(tmp_path_factory.mktemp("story"), AS_OF, manifest) as warehouse:
        warehouse.land(EVENTS, LANDED_AT)
        warehouse.dbt("seed")
        warehouse.dbt("run")
        yield warehouse, tables(warehouse)


@pytest.fixture(scope="session")
def story(told_once: tuple[Warehouse, Tables]) -> Warehouse:
    """Whoever tells it another story lets it `forget` the one before, and runs with a full refresh."""
    return told_once[0]


@pytest.fixture(scope="session")
def in_order(told_once: tuple[Warehouse, Tables]) -> Tables:
    """What the story comes to, told once and in order."""
    return told_once[1]


@pytest.fixture(scope="session", params=SEEDS, ids=lambda seed: f"seed{seed}")
def company(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, manifest: Manifest
) -> Iterator[KnownCompany]:
    """One per seed; SOPHIA_TRUTH_SEEDS=1,2,3 takes others."""
    print(f"SOPHIA_TRUTH_SEEDS={request.param}")
    with built(request.param, tmp_path_factory.mktemp("company"), manifest) as company:
        yield company
