"""A company whose truth is known, in a warehouse: what its vendors told, badly delivered, and every model built of it.

Two runs of dbt: what came in time, then what came days late; so each incremental model has to take in both.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbt.contracts.graph.manifest import Manifest

from events.envelope import Envelope
from infra.company import vendors
from infra.company.world import World, build
from tests.dbt_project.every_source import as_object, told
from tests.dbt_project.warehouse import Warehouse, running
from tests.infra.warehouse.conftest import STORE_CREDENTIALS
from tests.infra.warehouse.object_store import running_object_store

LATE = 0.05
REPEATED = 0.10


@dataclass(frozen=True)
class KnownCompany:
    """The truth (infra.company.truth computes numbers of it), and the warehouse that must say the same."""

    world: World
    warehouse: Warehouse
    told: dict[str, list[Envelope]]
    """By source."""
    files: Path
    """Of the warehouse, saved when it was built: for those who change what it holds."""


@contextmanager
def built(seed: int, folder: Path, manifest: Manifest) -> Iterator[KnownCompany]:
    """The company of that seed, told to the warehouse and built, as of the world's now."""
    world = build(seed)
    by_source = {name: told(name, world) for name in vendors.names()}
    in_time, late = _disturbed([one for envelopes in by_source.values() for one in envelopes], seed)
    with running_object_store() as store:
        environment = {"AWS_ENDPOINT_URL_S3": store.endpoint, **STORE_CREDENTIALS}
        with running(folder, world.now.isoformat(), manifest, environment) as warehouse:
            for number, envelopes in enumerate((in_time, late)):
                store.objects[f"events/all/{number}.ndjson.gz"] = as_object(envelopes)
                warehouse.load()
                if number == 0:
                    warehouse.dbt("seed")
                    warehouse.dbt("run")
                else:
                    warehouse.run_again()
            yield KnownCompany(world, warehouse, by_source, warehouse.saved())


@contextmanager
def copy_of(company: KnownCompany, folder: Path) -> Iterator[Warehouse]:
    """A warehouse that holds what the company's held when it was built, to be changed at will."""
    with running(folder, company.warehouse.as_of, company.warehouse.manifest, files=company.files) as warehouse:
        yield warehouse


def _disturbed(envelopes: list[Envelope], seed: int) -> tuple[list[Envelope], list[Envelope]]:
    """What comes in time and what comes late, both in no order; some of either twice, some of it in both."""
    chance = random.Random(f"{seed}/delivery")
    again = [one for one in envelopes if chance.random() < REPEATED]
    late = [one for one in envelopes if chance.random() < LATE]
    is_late = {one.event_id for one in late}
    in_time = [one for one in envelopes if one.event_id not in is_late]
    halves = in_time + again[::2], late + again[1::2]
    for half in halves:
        chance.shuffle(half)
    return halves
