"""What is promised of every simulated vendor and our source of it, found by name: they understand each other.

Everything a vendor sends is delivered signed to our receiver, everything it lists is pulled through our client, and the
newest version of each record is compared with what is true.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from lanes import PUBLIC, Inbox, as_envelopes, dropped, newest, pulled

from chalicelib import sources
from events.envelope import Envelope
from infra.company import credentials as keys
from infra.company import vendors
from infra.company.deliveries import deliveries
from infra.company.delivery import Delivery
from infra.company.entities import Entities, entities
from infra.company.faults import Rates, disturb
from infra.company.send import Ledger, deliver
from infra.company.vendors.app import make_app, make_site
from infra.company.vendors.hook_log import HookLog, poster
from infra.company.vendors.in_process import client_of
from infra.company.vendors.limits import Limiter
from infra.company.vendors.site import Site
from infra.company.world import World

WITHOUT_FAULTS = Rates(0, 0, 0, 0, 0, 0)


class Ours:
    """One source of ours and its vendor, in this process."""

    def __init__(self, name: str, world: World) -> None:
        self.name, self.world = name, world
        self.credentials = keys.make(7, [name])
        self.site: Site = make_site(world, {name: self.credentials[name]["stored"]}, rate_factor=1e6)
        self.site.limiter = Limiter(lambda: 0.0, factor=1e6)
        self.inbox = Inbox(self.credentials)

    def send(self, made: list[Delivery]) -> Ledger:
        kept = {self.name: self.credentials[self.name]["kept"]}
        return deliver(made, "http://receiver", PUBLIC, kept, workers=1, transport=self.inbox.transport())

    def pull(self, now: datetime | None = None) -> list[Envelope]:
        """Everything the API lists, and what people drop as files."""
        with self.client() as client:
            told = pulled(self.name, self.site, client, self.credentials, now or self.site.now)
        return as_envelopes(self.name, told) + dropped(self.name, self.world, self.site.now)

    def client(self) -> httpx.Client:
        return client_of(make_app(self.site, [self.name]))

    def known(self) -> Entities:
        return entities(self.world, sources=[self.name])


@pytest.fixture(params=vendors.names())
def ours(request: pytest.FixtureRequest, world: World) -> Iterator[Ours]:
    yield Ours(request.param, world)


def test_every_delivery_is_answered_2xx_and_holds_the_events_the_vendor_meant(ours: Ours) -> None:
    made = deliveries(ours.world, sources=[ours.name])

    ledger = ours.send(made)

    assert [(one.status_code, one.answer) for one in ledger.refused()] == []
    stored = {(one.source, one.stream, one.event_id) for one in ours.inbox.envelopes}
    assert sum(ledger.sent().values()) == len(stored)
    assert {stream for _, stream in ledger.sent()} == {stream for _, stream, _ in stored}
    assert "quarantine" not in {stream for _, stream, _ in stored}


def test_a_delivery_signed_by_another_is_refused(ours: Ours) -> None:
    made = deliveries(ours.world, sources=[ours.name])[:3]
    stranger = keys.make(8, [ours.name])[ours.name]["kept"]

    ledger = deliver(made, "http://receiver", PUBLIC, {ours.name: stranger}, transport=ours.inbox.transport())

    assert {one.status_code for one in ledger.outcomes} <= {401}
    assert not ours.inbox.lines


def test_the_api_refuses_a_client_without_its_credentials(ours: Ours) -> None:
    source = sources.load(ours.name)
    if source is None or source.pull is None:
        pytest.skip("nothing is pulled from it")
    ours.site.credentials = {ours.name: keys.make(8, [ours.name])[ours.name]["stored"]}
    with pytest.raises(Exception, match=r"refused|gave no token"):
        ours.pull()


def test_pulls_alone_bring_all_that_lives_and_nothing_else(ours: Ours) -> None:
    pulled_streams = _pulled_streams(ours.name)
    if ours.name in ("github", "hubspot", "slack") or not pulled_streams:
        pytest.skip("what its webhooks alone can tell is in test_company_our_lanes")
    found = newest(ours.pull())
    known = {key: held for key, held in ours.known().items() if key[1] in pulled_streams}

    for (source, stream), wanted in known.items():
        told = {one.entity_id for (s, t, _), one in found.items() if (s, t) == (source, stream)}
        live = {entity_id for entity_id, last in wanted.items() if not last.is_deleted}
        assert (stream, live - told, told - set(wanted)) == (stream, set(), set())


@pytest.mark.parametrize("fault_seed", [1, 2])
def test_after_every_fault_both_lanes_together_know_each_entity_and_whether_it_lives(
    ours: Ours, fault_seed: int
) -> None:
    disturbed = disturb(deliveries(ours.world, sources=[ours.name]), fault_seed)
    if ours.name == "github":
        kept = ours.credentials["github"]["kept"]
        ours.site.hook_log = HookLog(disturbed.sent, disturbed.lost, datetime.now(UTC))
        ours.site.post = poster("http://receiver", PUBLIC, kept, lambda: datetime.now(UTC), ours.inbox.transport())

    ledger = ours.send(list(disturbed.sent))
    both = ours.pull(datetime.now(UTC)) + ours.inbox.envelopes
    random.Random(fault_seed).shuffle(both)

    assert not ledger.refused()
    assert _differences(ours.known(), both) == {}


def test_a_second_pull_right_after_the_first_finds_every_version_again_under_the_same_ids(ours: Ours) -> None:
    # GitHub's redeliveries are asked for by pulling, and are deliveries of their own.
    first, second = ({one.event_id for one in ours.pull() if one.stream != "hook_delivery"} for _ in range(2))
    assert first == second


def _pulled_streams(name: str) -> set[str]:
    source = sources.load(name)
    return {stream.name for stream in source.pull.streams} if source and source.pull else set()


def _differences(expected: Entities, envelopes: list[Envelope]) -> dict[tuple[str, str], tuple[object, ...]]:
    """Per stream: entities missing, entities nobody expected, and those taken for alive or dead wrongly."""
    found = newest(envelopes)
    wrong = {}
    for (source, stream), wanted in expected.items():
        known = {entity_id: one for (s, t, entity_id), one in found.items() if (s, t) == (source, stream)}
        misjudged = [
            entity_id
            for entity_id, last in wanted.items()
            if entity_id in known and (known[entity_id].operation == "delete") != last.is_deleted
        ]
        problems = (sorted(wanted.keys() - known.keys()), sorted(known.keys() - wanted.keys()), misjudged)
        if any(problems):
            wrong[source, stream] = problems
    return wrong
