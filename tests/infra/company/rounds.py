"""Runs of one stream that go on where the last one stopped, against a stand-in in this process."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lanes import opened

from chalicelib import sources
from chalicelib.ingest.source import Event, Reading, Stream, Window
from infra.company import credentials as keys
from infra.company.vendors.app import make_app, make_site
from infra.company.vendors.in_process import client_of
from infra.company.vendors.limits import Limiter
from infra.company.vendors.site import Site
from infra.company.world import World


class Rounds:
    """Asks as the puller does; the cursor goes through JSON between two pages, as it does through the state table."""

    def __init__(self, name: str, site: Site, first: Reading) -> None:
        source = sources.load(name)
        assert source and source.pull
        self.source, self.site, self.http, self.connection = source, site, first.http, first.connection
        self.cursor: dict[str, Any] = {}

    def stream(self, name: str) -> Stream:
        assert self.source.pull
        return next(one for one in self.source.pull.streams if one.name == name)

    def reading(self) -> Reading:
        return Reading(self.http, self.connection, self.cursor, self.site.now)

    def run(self, stream: str, most_pages: int | None = None) -> list[Event]:
        events: list[Event] = []
        for number, page in enumerate(self.stream(stream).read(self.reading()), start=1):
            events += page.events
            self.cursor = json.loads(json.dumps(page.cursor))
            if number == most_pages:
                break
        return events

    def fetch(self, stream: str, entity_id: str) -> Event | None:
        census = self.stream(stream).census
        assert census and census.fetch
        return census.fetch(self.reading(), entity_id)

    def counted(self, stream: str) -> list[Event]:
        """What the census of a stream lists of a window, which for these vendors is everything."""
        census = self.stream(stream).census
        assert census and census.records and census.is_whole
        window = Window(self.site.world.started_at, self.site.now)
        return [event for batch in census.records(self.reading(), window) for event in batch]


@contextmanager
def rounds(name: str, world: World, page_cap: int = 4) -> Iterator[Rounds]:
    held = keys.make(7, [name])
    site = make_site(world, {name: held[name]["stored"]})
    site.limiter = Limiter(lambda: 0.0, factor=1e6)
    site.page_cap = page_cap
    with client_of(make_app(site, [name])) as client:
        yield Rounds(name, site, opened(name, site, client, held, site.now))
