"""PhantomBuster's stand-in: a store of files that gets no key, and shows the rows of a run a little after its end."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from lanes import opened

from chalicelib.ingest.source import Reading
from chalicelib.sources.phantombuster import source
from infra.company import credentials as keys
from infra.company.hooks import phantombuster as hooks
from infra.company.vendors.app import make_app, make_site
from infra.company.vendors.in_process import client_of
from infra.company.vendors.phantombuster import FILE_LAG
from infra.company.vendors.site import Site
from infra.company.world import World

CREDENTIALS = keys.make(7, ["phantombuster"])


@pytest.fixture
def site(world: World) -> Site:
    return make_site(world, {"phantombuster": CREDENTIALS["phantombuster"]["stored"]})


@pytest.fixture
def reading(site: Site) -> Iterator[Reading]:
    with client_of(make_app(site, ["phantombuster"])) as client:
        yield opened("phantombuster", site, client, CREDENTIALS, site.now)


def results(reading: Reading, cursor: dict[str, object]) -> tuple[set[str], dict[str, object]]:
    assert source.pull
    read = next(stream.read for stream in source.pull.streams if stream.name == "result")
    pages = list(read(Reading(reading.http, reading.connection, cursor, reading.now)))
    return {event.entity_id for page in pages for event in page.events}, dict(pages[-1].cursor)


def test_the_store_of_files_is_sent_no_key(reading: Reading, site: Site) -> None:
    found, _ = results(reading, {})
    assert found
    assert site.kept["phantombuster"]["keys_sent_to_files"] is None


def test_a_file_that_lags_behind_its_run_is_read_again_by_the_next_run(
    reading: Reading, site: Site, world: World
) -> None:
    ended = next(one for one in hooks.history(world).versions if one.stream == "result" and one.at > site.now)
    site.now = ended.at + timedelta(seconds=5)
    _, cursor = results(reading, {})
    late, cursor = results(reading, cursor)
    assert late == set()
    site.advance(FILE_LAG.total_seconds())
    late, _ = results(reading, cursor)
    assert ended.id in late
