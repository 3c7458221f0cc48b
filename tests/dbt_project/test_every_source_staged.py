"""Every source, found by name: what its vendor tells is landed, folded to the newest versions, and can be selected."""

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from events.envelope import Envelope
from infra.company import vendors
from infra.dbt_process import ROOT
from tests.dbt_project.known_company import KnownCompany
from tests.dbt_project.warehouse import Warehouse
from tests.infra.company.lanes import newest

STAGING = ROOT / "dbt_project/models/staging"
STAGED = sorted({*vendors.names(), *(entry.name for entry in os.scandir(STAGING) if entry.is_dir())})


@dataclass
class House:
    """What was told by each source, and the warehouse it is staged in."""

    told: dict[str, list[Envelope]]
    warehouse: Warehouse

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
def house(company: KnownCompany) -> House:
    return House(company.told, company.warehouse)


@pytest.mark.parametrize("source", vendors.names())
def test_every_event_is_landed_and_counted_in_one_record(house: House, source: str) -> None:
    landed = house.landed.get(source, 0)
    assert landed == len({one.event_id for one in house.told[source]}) > 0
    assert sum(record["event_count"] for record in _records(house, source).values()) == landed


@pytest.mark.parametrize("source", vendors.names())
def test_each_record_is_its_newest_version(house: House, source: str) -> None:
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
