"""Every source, found by name: what its vendor tells is landed, is folded to the newest versions, and can be selected.

One warehouse and one dbt run hold all sources; each assertion names its own. Whatever fails before that (a vendor that
cannot be imported, a view that does not compile) fails the tests of its source alone.
"""

import functools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from dbt.contracts.graph.manifest import Manifest

from events.envelope import Envelope
from infra.company import vendors
from infra.company.world import build
from tests.dbt_project.every_source import as_object, told
from tests.dbt_project.warehouse import ROOT, Warehouse, running
from tests.infra.company.lanes import newest
from tests.infra.warehouse.conftest import STORE_CREDENTIALS
from tests.infra.warehouse.object_store import running_object_store

STAGING = ROOT / "dbt_project/models/staging"
STAGED = sorted({*vendors.names(), *(entry.name for entry in os.scandir(STAGING) if entry.is_dir())})


@dataclass
class House:
    """What was told by each source, and the warehouse it is staged in. problems: what went wrong, by source."""

    warehouse: Warehouse
    told: dict[str, list[Envelope]] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)

    @functools.cached_property
    def records(self) -> list[dict[str, Any]]:
        """What is staged of every source, without payloads."""
        columns = "source, stream, entity_id, operation, is_deleted, last_event_id, event_count"
        return self.warehouse.query(f"select {columns} from SOPHIA.STAGING.BASE_RECORDS")  # noqa: S608

    @functools.cached_property
    def landed(self) -> dict[str, int]:
        """Distinct events, by source."""
        counted = "select source, count(distinct event_id) as events from SOPHIA.RAW_DATA.EVENTS group by source"
        return {row["source"]: row["events"] for row in self.warehouse.query(counted)}

    def fail_with(self, source: str) -> None:
        """Fails where a source did not get as far as to be staged."""
        if source in self.problems:
            pytest.fail(f"{source}: " + "\n".join(self.problems[source]))

    def blame(self, source: str, problem: str) -> None:
        self.problems.setdefault(source, []).append(problem)

    def views(self, source: str) -> list[Any]:
        """The typed models of a source."""
        nodes = self.warehouse.manifest.nodes.values()
        return [node for node in nodes if node.resource_type == "model" and node.name.startswith(f"stg_{source}__")]

    @functools.cached_property
    def keys(self) -> dict[str, str]:
        """By model, the column that is tested to be its key."""
        tests = [node for node in self.warehouse.manifest.nodes.values() if getattr(node, "test_metadata", None)]
        return {test.attached_node: test.column_name for test in tests if test.test_metadata.name == "is_key"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, manifest: Manifest) -> Iterator[House]:
    world = build(seed=7)
    folder = tmp_path_factory.mktemp("every_source")
    with running_object_store() as store:
        environment = {"AWS_ENDPOINT_URL_S3": store.endpoint, **STORE_CREDENTIALS}
        with running(folder, world.now.isoformat(), manifest, environment) as warehouse:
            house = House(warehouse)
            for source in vendors.names():
                try:
                    house.told[source] = told(source, world)
                    store.objects[f"events/{source}/all.ndjson.gz"] = as_object(house.told[source])
                except Exception as error:  # of another's file: its own tests say so
                    house.blame(source, f"{type(error).__name__}: {error}")
            warehouse.load()
            ran = warehouse.try_dbt("run", "--select", "path:dbt_project/models/staging").result
            for result in ran.results:
                if result.status != "success":
                    house.blame(_source_of(result.node), f"{result.node.name}: {result.message}")
            yield house


def _source_of(node: Any) -> str:
    """The folder its model lies in."""
    return str(node.original_file_path).removeprefix("dbt_project/models/staging/").split("/")[0]


@pytest.mark.parametrize("source", vendors.names())
def test_every_event_is_landed_and_counted_in_one_record(house: House, source: str) -> None:
    house.fail_with(source)
    landed = house.landed.get(source, 0)
    assert landed == len({one.event_id for one in house.told[source]}) > 0
    assert sum(record["event_count"] for record in _records(house, source).values()) == landed


@pytest.mark.parametrize("source", vendors.names())
def test_each_record_is_its_newest_version(house: House, source: str) -> None:
    house.fail_with(source)
    expected = {key[1:]: (one.event_id, one.operation) for key, one in newest(house.told[source]).items()}
    records = _records(house, source)
    found = {key: (record["last_event_id"], record["operation"]) for key, record in records.items()}
    assert found == expected
    assert {key for key, record in records.items() if record["is_deleted"]} == {
        key for key, (_, operation) in expected.items() if operation == "delete"
    }


@pytest.mark.parametrize("source", STAGED)
def test_its_typed_views_have_a_key_and_rows(house: House, source: str) -> None:
    """A view without rows says in its description that it may be empty."""
    house.fail_with(source)
    views = house.views(source)
    problems = [] if views else [f"no stg_{source}__….sql in models/staging/{source}"]
    for view in views:
        rows = house.warehouse.rows(f"STAGING.{view.name}")
        if not (key := house.keys.get(view.unique_id)):
            problems.append(f"{view.name}: no column has data_tests: [is_key]")
        elif len({row[key.lower()] for row in rows} - {None}) < len(rows):
            problems.append(f"{view.name}: {key} is missing or taken in some row")
        if not rows and source in house.told and "may be empty" not in view.description:
            problems.append(f"{view.name}: no rows")
    assert problems == []


def _records(house: House, source: str) -> Mapping[tuple[str, str], dict[str, Any]]:
    """By stream and entity; each source has one connection here."""
    rows = [row for row in house.records if row["source"] == source]
    records = {(row["stream"], row["entity_id"]): row for row in rows}
    assert len(records) == len(rows)
    return records
