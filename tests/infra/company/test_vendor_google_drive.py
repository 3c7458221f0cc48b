"""That Drive read round by round ends as it is, and that its channels live and end as Google's do."""

import json
from datetime import timedelta

import pytest
from lanes import as_envelopes, newest
from rounds import Rounds, rounds

from chalicelib.errors import VendorSaysNo
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Event
from chalicelib.ingest.subscription import Wanted
from infra.company.drive_texts import KINDS
from infra.company.hooks import google_drive as hooks
from infra.company.vendors.site import Fault, FaultKind
from infra.company.world import World


def alive(events: list[Event]) -> dict[str, str]:
    found = newest(as_envelopes("google_drive", events))
    return {
        one.entity_id: json.loads(bytes(one.payload))["version"] for one in found.values() if one.operation != "delete"
    }


def living(drive: Rounds) -> dict[str, str]:
    told = hooks.history(drive.site.world).living(drive.site.now, "file")
    return {one.id: one.record["version"] for one in told if one.record and not one.record["trashed"]}


def test_every_file_ends_in_its_newest_version_whatever_its_modified_time_says(world: World) -> None:
    with rounds("google_drive", world) as drive:
        drive.site.now = world.started_at
        events = drive.run("file")
        for _ in range(366):
            drive.site.advance(86_400)
            events += drive.run("file")
        assert alive(events) == living(drive)
        back = {event.entity_id for event in events if event.operation == "delete"} & living(drive).keys()
        assert back, "something was taken out of the trash again"


def test_the_text_of_every_file_that_has_one_ends_as_it_is_now_and_goes_with_the_file(world: World) -> None:
    with rounds("google_drive", world) as drive:
        drive.site.now = world.now - timedelta(days=60)
        events = drive.run("file_text")
        for _ in range(60):
            drive.site.advance(86_400)
            events += drive.run("file_text")
        found = newest(as_envelopes("google_drive", events)).values()
        told = {one.entity_id: json.loads(bytes(one.payload)) for one in found if one.operation != "delete"}
        history, now = hooks.history(world), drive.site.now
        kinds = {one.id: (one.record or {})["mimeType"] for one in history.living(now, "file")}
        assert told.keys() == {one for one in living(drive) if kinds[one] in KINDS}
        for entity_id, text in told.items():
            said = history.find(now, "text", entity_id)
            assert said and said.record
            assert text["leftOut"] or text["text"].startswith(said.record["text"].partition("[image1]:")[0])
        reasons = {one["leftOut"]: one["text"] for one in told.values()}
        assert reasons.keys() == {None, "too_long", "exportSizeLimitExceeded"}
        assert [one for one in found if one.operation == "delete"], "something went into the trash"
        assert {one.entity_id for one in drive.counted("file_text")} == told.keys()


def test_a_change_during_the_first_listing_is_not_missed(world: World) -> None:
    with rounds("google_drive", world) as drive:
        drive.site.now = world.now - timedelta(days=40)
        events: list[Event] = []
        for page in drive.stream("file").read(drive.reading()):
            events += page.events
            drive.site.advance(1800)
        drive.cursor = page.cursor  # type: ignore[assignment]
        assert alive(events + drive.run("file")) == living(drive)


def test_a_listing_resumed_after_its_page_expired_begins_again_and_keeps_the_feeds_start(world: World) -> None:
    with rounds("google_drive", world) as drive:
        drive.run("file", most_pages=1)
        started = drive.cursor["token"]
        assert drive.cursor["listing"]
        drive.site.advance(86_400)
        events = drive.run("file")
        assert alive(events) == living(drive)
        assert int(drive.cursor["token"]) >= int(started) and "listing" not in drive.cursor


def test_one_file_is_fetched_as_it_is_and_the_trash_counts_as_gone(world: World) -> None:
    with rounds("google_drive", world) as drive:
        told = {event.entity_id: event for event in drive.counted("file")}
        assert told.keys() == living(drive).keys()
        assert {event.payload for event in told.values()} == {b""}
        assert all(event.source_version and event.source_updated_at for event in told.values())
        entity_id = next(iter(living(drive)))
        found = drive.fetch("file", entity_id)
        assert found and found.source_updated_at == drive.site.now.replace(microsecond=0)
        trashed = [one.id for one in hooks.history(world).living(world.now, "file") if one.record["trashed"]]
        assert [drive.fetch("file", one) for one in (*trashed, "1nowhere")] == [None] * (len(trashed) + 1)


def test_a_channel_is_opened_for_a_week_replaced_by_another_and_closed(world: World) -> None:
    with rounds("google_drive", world) as drive:
        life, connection = drive.source.subscriptions, drive.connection
        assert life and life.renew
        wanted = Wanted("https://hooks.payready.example/hooks/google_drive", "s" * 32, drive.site.now)
        (opened,) = life.create(drive.http, connection, wanted).subscriptions
        assert opened.expires_at == drive.site.now + timedelta(days=7)
        channels = drive.site.kept["google_drive"]["channels"]
        assert channels[opened.id]["token"] == wanted.secret

        drive.site.advance(life.renew_before.total_seconds())
        other = life.renew(drive.http, connection, opened, Wanted(wanted.url, wanted.secret, drive.site.now))
        assert set(channels) == {other.id} != {opened.id}
        life.remove(drive.http, connection, other)
        life.remove(drive.http, connection, other)
        assert channels == {}


def test_a_channel_whose_end_is_not_named_lives_for_an_hour_and_needs_https(world: World) -> None:
    with rounds("google_drive", world) as drive:
        asked = {"id": "c1", "type": "web_hook", "address": "https://hooks.payready.example/hooks/google_drive"}
        answer = drive.http.ask(Request("drive/v3/changes/watch", "POST", json=asked))
        told = json.loads(answer.body)
        assert int(told["expiration"]) == int((drive.site.now + timedelta(hours=1)).timestamp() * 1000)
        with pytest.raises(VendorSaysNo):
            bare = {**asked, "id": "c2", "address": "http://hooks.payready.example/"}
            drive.http.ask(Request("drive/v3/changes/watch", "POST", json=bare))


@pytest.mark.parametrize("kind", ["html", "error", "busy", "empty_page"])
def test_a_bad_answer_in_between_costs_nothing(world: World, kind: FaultKind) -> None:
    with rounds("google_drive", world) as drive:
        drive.site.faults["google_drive"] = [Fault(kind, count=2, path="drive/v3/files")]
        assert set(alive(drive.run("file"))) == set(living(drive))
        assert drive.site.faults["google_drive"][0].count == 0
