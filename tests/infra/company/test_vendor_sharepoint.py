"""That document libraries read round by round end as they are: deletions, restorations and forgotten links included."""

import json

from lanes import as_envelopes, newest
from rounds import Rounds, rounds

from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Event
from infra.company.hooks import sharepoint as library
from infra.company.world import World


def alive(events: list[Event]) -> dict[str, dict[str, object]]:
    found = newest(as_envelopes("sharepoint", events))
    return {one.entity_id: json.loads(bytes(one.payload)) for one in found.values() if one.operation != "delete"}


def names(sharepoint: Rounds) -> dict[str, str]:
    told = library.history(sharepoint.site.world).living(sharepoint.site.now, "drive_item")
    return {one.id: one.record["name"] for one in told if one.record}


def test_what_happened_between_runs_is_told_also_that_an_item_is_back_under_its_old_date(world: World) -> None:
    with rounds("sharepoint", world) as sharepoint:
        sharepoint.site.now = world.started_at
        events = sharepoint.run("drive_item")
        for _ in range(125):
            sharepoint.site.advance(24 * 3600)
            events += sharepoint.run("drive_item")
        assert {entity_id: item["name"] for entity_id, item in alive(events).items()} == names(sharepoint)
        gone = {event.entity_id for event in events if event.operation == "delete"}
        assert gone & names(sharepoint).keys(), "something came back from the recycle bin"
        assert gone - names(sharepoint).keys()


def test_a_drive_that_was_not_asked_about_for_too_long_is_read_anew(world: World) -> None:
    with rounds("sharepoint", world) as sharepoint:
        first = sharepoint.run("drive_item")
        sharepoint.site.advance(31 * 86_400)
        second = sharepoint.run("drive_item")
        assert len(first) > 20
        assert {event.entity_id for event in second} == names(sharepoint).keys()


def test_no_download_url_reaches_us_and_the_same_item_is_told_in_the_same_bytes(world: World) -> None:
    with rounds("sharepoint", world) as sharepoint:
        first = sharepoint.run("drive_item")
        sharepoint.cursor = {}
        second = sharepoint.run("drive_item")
        assert [event.payload for event in first] == [event.payload for event in second]
        assert not [event for event in first if b"tempauth" in event.payload]
        sharepoint.site.page_cap = 100
        plain = sharepoint.http.ask(Request(f"drives/{library.drives(world)[0]}/root/delta"))
        assert b"tempauth" in plain.body, "the stand-in gives them away to who does not choose fields"


def test_an_item_that_is_gone_is_fetched_as_none(world: World) -> None:
    with rounds("sharepoint", world) as sharepoint:
        entity_id = next(iter(names(sharepoint)))
        found = sharepoint.fetch("drive_item", entity_id)
        assert found and found.entity_id == entity_id and found.source_updated_at
        assert sharepoint.fetch("drive_item", entity_id[:-3] + "XXX") is None
        assert {event.entity_id for event in sharepoint.counted("drive_item")} == names(sharepoint).keys()
