"""What each simulated vendor tells us, through our own receiver and our own pulls, as objects of the lake."""

import gzip
import random

from chalicelib import sources
from events.envelope import Envelope, encode_lines
from infra.company import credentials as keys
from infra.company.deliveries import deliveries
from infra.company.send import deliver
from infra.company.vendors.app import make_app, make_site
from infra.company.vendors.in_process import client_of
from infra.company.vendors.limits import Limiter
from infra.company.world import World
from tests.infra.company.lanes import PUBLIC, Inbox, as_envelopes, dropped, pulled


def told(name: str, world: World) -> list[Envelope]:
    """All that a first pull of a source reads, what people drop as files, and then every webhook up to the world's now,
    in no order: a late hint must not hide a whole record."""
    credentials = keys.make(world.seed, [name])
    pulled_first = _pulled(name, world, credentials)
    inbox = Inbox(credentials)
    made = deliveries(world, sources=[name])
    random.Random(world.seed).shuffle(made)
    kept = {name: credentials[name]["kept"]}
    ledger = deliver(made, "http://receiver", PUBLIC, kept, workers=1, transport=inbox.transport())
    assert not ledger.refused(), ledger.refused()[0]
    return pulled_first + dropped(name, world, world.now) + inbox.envelopes


def _pulled(name: str, world: World, credentials: dict[str, dict[str, dict[str, object]]]) -> list[Envelope]:
    source = sources.load(name)
    if source is None or source.pull is None:
        return []
    site = make_site(world, {name: credentials[name]["stored"]})
    site.limiter = Limiter(lambda: 0.0, factor=1e6)
    with client_of(make_app(site, [name])) as client:
        return as_envelopes(name, pulled(name, site, client, credentials, site.now))


def as_object(envelopes: list[Envelope]) -> bytes:
    """Gzip NDJSON, as land writes it; a tenth of the lines twice, because they arrive at least once."""
    return gzip.compress(encode_lines(envelopes + envelopes[::10]), compresslevel=1)
