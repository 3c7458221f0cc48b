"""What one side lists and sends, the other side understands: our sources against the stand-ins, without a warehouse."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from lanes import PUBLIC, Inbox, as_envelopes, newest, pulled

from chalicelib import sources
from infra.company.deliveries import deliveries
from infra.company.entities import Entities, entities
from infra.company.faults import disturb
from infra.company.send import deliver
from infra.company.vendors.hook_log import HookLog, poster
from infra.company.vendors.limits import Limiter
from infra.company.vendors.site import Site


@pytest.fixture(autouse=True)
def no_limits(site: Site) -> None:
    site.limiter = Limiter(lambda: 0.0, factor=1e6)


@pytest.mark.parametrize("name", sources.names())
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


@pytest.mark.parametrize("fault_seed", [1, 2])
def test_after_every_fault_both_lanes_together_know_each_entity_and_whether_it_lives(
    fault_seed: int, site: Site, client: httpx.Client, credentials: dict
) -> None:
    inbox = Inbox(credentials)
    kept = {source: held["kept"] for source, held in credentials.items()}
    disturbed = disturb(deliveries(site.world), fault_seed)
    site.hook_log = HookLog(disturbed.sent, disturbed.lost, datetime.now(UTC))
    site.post = poster("http://receiver", PUBLIC, kept["github"], lambda: datetime.now(UTC), inbox.transport())

    ledger = deliver(disturbed.sent, "http://receiver", PUBLIC, kept, workers=1, transport=inbox.transport())
    events = {name: pulled(name, site, client, credentials, datetime.now(UTC)) for name in sources.names()}
    client.get("/_control/status")  # answered after the last redelivery: the vendors do one thing at a time
    both = inbox.envelopes + [one for name, told in events.items() for one in as_envelopes(name, told)]

    lost_by_github = {one.delivery_id for one in disturbed.lost if one.source == "github"}
    assert lost_by_github <= {one.delivery_id for one in inbox.envelopes}

    assert not ledger.refused()
    assert _differences(entities(site.world), both) == {}


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
    """Listed no more: the merged company, the comments of a deleted issue, the associations of deleted records.
    Contacts' associations we do not pull at all."""
    market, deals = site.world.market, [pursuit.record for pursuit in site.world.pursuits]
    if stream == "company":
        return {one.id for one in market.companies if one.merged_into}
    if stream == "association":
        live = {one.id for one in (*market.companies, *market.contacts, *deals) if one.is_live(site.now)}
        parts = {one: one.split(":") for one in entities(site.world)["hubspot", "association"]}
        return {key for key, part in parts.items() if part[0] == "contact" or not {part[1], part[3]} <= live}
    gone = [issue for issue in site.world.workshop.issues if issue.deleted_at]
    return {str(comment.id) for issue in gone for comment in issue.comments} if stream == "issue_comment" else set()


def _differences(expected: Entities, envelopes: list) -> dict:
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
