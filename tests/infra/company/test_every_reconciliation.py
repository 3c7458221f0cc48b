"""What is promised of every pulled source: whatever got lost on both lanes, a check finds it, repairs it and says so.

Half of the webhooks never arrive, every tenth pulled record is dropped on our side, and the seed of both is drawn at
run time and printed.
"""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lanes import as_envelopes, newest, opened
from test_every_vendor import Ours

from chalicelib import sources
from chalicelib.ingest.known_records import KnownRecords
from chalicelib.ingest.land import land
from chalicelib.ingest.reconcile import Check
from chalicelib.ingest.source import Event, Source, Stream, Window
from events.sophia import Completeness
from infra.company import vendors
from infra.company.deliveries import deliveries
from infra.company.world import World
from tests.functions.ingest.edge_fakes import FakeLake

CHECKED = [
    name
    for name in vendors.names()
    if (one := sources.load(name)) and one.pull and any(s.census for s in one.pull.streams)
]
BEGINNING = datetime(2015, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", CHECKED)
def test_what_both_lanes_lost_is_found_repaired_and_counted(name: str, world: World, tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    rng, ours, lake = random.Random(seed), Ours(name, world), FakeLake()
    source = sources.load(name)
    assert source and source.pull
    ours.send([one for one in deliveries(world, sources=[name]) if rng.random() < 0.5])
    kept = [one for one in ours.pull() if rng.random() < 0.9]
    land([*ours.inbox.envelopes, *kept], lake)  # type: ignore[arg-type]

    first = _checked(ours, source, lake, tmp_path)
    second = _checked(ours, source, lake, tmp_path)

    assert {one.stream: one.error for one in first if one.error} == {}
    assert sum(one.missing + one.stale for one in first), "a tenth was dropped"
    assert {one.stream: (one.missing, one.stale, one.deleted_unseen) for one in second if one.repaired} == {}
    assert {one.stream: (one.held, one.vendor_total) for one in second if not one.is_complete} == {
        one.stream: (one.held, one.vendor_total) for one in second if one.unrepaired
    }
    found = newest([one for one in lake.envelopes() if one.source == name])
    for stream in (one.name for one in source.pull.streams if one.census):
        wanted = ours.known().get((name, stream), {})
        held = {entity_id: one.operation != "delete" for (_, s, entity_id), one in found.items() if s == stream}
        # What was merged into another the vendor has no longer, and a webhook alone says so.
        living = {one for one, last in wanted.items() if not last.is_deleted and "merged_into" not in last.state}
        if stream != "association":  # those of records that are gone are listed no more
            assert (stream, living - {one for one, is_alive in held.items() if is_alive}) == (stream, set())


def _checked(ours: Ours, source: Source, lake: FakeLake, folder: Path) -> Sequence[Completeness]:
    assert source.pull
    known = KnownRecords(lake, source.name, "default", folder)  # type: ignore[arg-type]
    with ours.client() as client:
        now = ours.site.now + timedelta(days=1)
        reading = opened(source.name, ours.site, client, ours.credentials, now)
        found = [_check(stream, reading, known, lake) for stream in source.pull.streams if stream.census]
    known.save()
    known.close()
    return found


def _check(stream: Stream, reading, known: KnownRecords, lake: FakeLake) -> Completeness:  # type: ignore[no-untyped-def]
    def repair(events: Sequence[Event]) -> None:
        land(as_envelopes(reading.connection.source, events), lake)  # type: ignore[arg-type]

    assert stream.census
    known.refresh(stream.name, reading.now.date())
    start = reading.connection.start_at or BEGINNING
    return Check(stream, stream.census, reading, Window(start, reading.now), known, repair).run()
