"""What one side lists and sends, the other side understands: our sources against the stand-ins, without a warehouse."""

import json
from datetime import timedelta

import httpx
import pytest
from lanes import PUBLIC, Inbox, pulled

from infra.company.deliveries import deliveries
from infra.company.entities import entities
from infra.company.faults import disturb
from infra.company.notes import notes
from infra.company.send import deliver
from infra.company.vendors.limits import Limiter
from infra.company.vendors.site import Site


@pytest.fixture(autouse=True)
def no_limits(site: Site) -> None:
    site.limiter = Limiter(lambda: 0.0, factor=1e6)


@pytest.mark.parametrize("name", ["github", "gong", "hubspot", "slack"])
def test_everything_the_vendor_still_has_is_pulled(
    name: str, site: Site, client: httpx.Client, credentials: dict
) -> None:
    events = pulled(name, site, client, credentials, site.now + timedelta(minutes=30))

    for (source, stream), wanted in entities(site.world).items():
        if source == name:
            found = {event.entity_id for event in events if event.stream == stream}
            live = {entity_id for entity_id, last in wanted.items() if not last.is_deleted}
            assert not live - found - _told_by_hooks_alone(site, stream), stream
            assert not found - set(wanted), stream


def test_the_ledger_counts_the_distinct_events_the_receiver_stored(site: Site, credentials: dict) -> None:
    inbox = Inbox(credentials)
    kept = {source: held["kept"] for source, held in credentials.items()}
    sent = disturb(deliveries(site.world), 3).sent

    ledger = deliver(sent, "http://receiver", PUBLIC, kept, workers=1, transport=inbox.transport())

    stored = {(one.source, one.stream, one.event_id) for one in inbox.envelopes}
    for (source, stream), count in ledger.answered().items():
        assert sum(one[:2] == (source, stream) for one in stored) == count, (source, stream)
    assert sum(ledger.answered().values()) == len(stored)
    assert ledger.sent() == ledger.answered()


def test_a_pulled_deal_tells_its_stage(site: Site, client: httpx.Client, credentials: dict) -> None:
    wanted = entities(site.world)["hubspot", "deal"]

    events = pulled("hubspot", site, client, credentials, site.now)

    told = {
        one.entity_id: json.loads(one.payload) for one in events if (one.stream, one.operation) == ("deal", "upsert")
    }
    assert len(told) > 30
    for deal_id, record in told.items():
        assert record["properties"]["dealstage"] == wanted[deal_id].state["dealstage"]


def _told_by_hooks_alone(site: Site, stream: str) -> set[str]:
    """Listed no more: the merged company and deal, the comments of a deleted issue, the associations of deleted
    records."""
    market, deals = site.world.market, [pursuit.record for pursuit in site.world.pursuits]
    if stream == "company":
        return {one.id for one in market.companies if one.merged_into}
    if stream == "deal":
        return {one.id for one in deals if one.merged_into}
    if stream == "association":
        every = (*market.companies, *market.contacts, *deals, *notes(site.world))
        live = {one.id for one in every if one.is_live(site.now)}
        parts = {one: one.split(":") for one in entities(site.world)["hubspot", "association"]}
        return {key for key, part in parts.items() if not {part[1], part[3]} <= live}
    gone = [issue for issue in site.world.workshop.issues if issue.deleted_at]
    return {str(comment.id) for issue in gone for comment in issue.comments} if stream == "issue_comment" else set()
