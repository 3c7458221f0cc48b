"""That mail read round by round ends as the mailboxes are, whatever becomes of links and tokens in between."""

from datetime import timedelta

import pytest
from lanes import as_envelopes, newest
from rounds import Rounds, rounds

from chalicelib.ingest.source import Event
from chalicelib.ingest.subscription import Wanted
from infra.company.hooks import outlook as mail
from infra.company.vendors.site import Fault, FaultKind
from infra.company.world import World


def alive(events: list[Event], stream: str) -> dict[str, bytes]:
    found = newest(as_envelopes("outlook", events))
    return {
        entity_id: bytes(one.payload)
        for (_, told, entity_id), one in found.items()
        if told == stream and one.operation != "delete"
    }


def living(outlook: Rounds, stream: str) -> set[str]:
    return {one.id for one in mail.history(outlook.site.world).living(outlook.site.now, stream)}


@pytest.mark.parametrize("stream", ["message", "mail_folder"])
def test_what_happened_between_two_runs_is_told_by_the_second(world: World, stream: str) -> None:
    with rounds("outlook", world) as outlook:
        outlook.site.now -= timedelta(days=25)
        events = outlook.run(stream)
        assert set(alive(events, stream)) == living(outlook, stream)
        outlook.site.advance(26 * 86_400)
        events += outlook.run(stream)
        assert set(alive(events, stream)) == living(outlook, stream)
        assert any(event.operation == "delete" for event in events)


def test_a_run_stopped_after_every_page_reads_the_same(world: World) -> None:
    with rounds("outlook", world, page_cap=2) as outlook:
        whole = {event.entity_id for event in outlook.run("message")}
        outlook.cursor, told = {}, set()
        for _ in range(300):
            told |= {event.entity_id for event in outlook.run("message", most_pages=1)}
            if "after" not in outlook.cursor and len(told) == len(whole):
                break
        assert told == whole


def test_links_that_graph_has_forgotten_cost_one_reading_from_the_start(world: World) -> None:
    with rounds("outlook", world) as outlook:
        first = outlook.run("message")
        outlook.site.advance(31 * 86_400)
        second = outlook.run("message")
        assert living(outlook, "message") == {event.entity_id for event in second}
        assert len(first) > 20
        outlook.site.advance(60)
        assert outlook.run("message") == []


def test_a_token_that_expires_in_the_midst_is_asked_for_again(world: World) -> None:
    with rounds("outlook", world) as outlook:
        told = set()
        for page in outlook.stream("message").read(outlook.reading()):
            told |= {event.entity_id for event in page.events}
            outlook.site.advance(0.9 * 3600)
        assert len(outlook.site.kept["outlook"]["tokens"]) > 1
        assert told


@pytest.mark.parametrize("stream", ["message", "mail_folder"])
def test_the_census_names_all_that_lives_by_id_and_what_it_names_can_be_fetched(world: World, stream: str) -> None:
    with rounds("outlook", world) as outlook:
        told = outlook.counted(stream)
        assert {event.entity_id for event in told} == living(outlook, stream)
        assert {event.payload for event in told} == {b""}
        assert {event.source_updated_at is not None for event in told} == {stream == "message"}
        for event in told:
            found = outlook.fetch(stream, event.entity_id)
            assert found and found.operation == "upsert" and found.source_updated_at
        assert outlook.fetch(stream, "AAMkGone=") is None


def test_subscriptions_are_made_once_per_mailbox_renewed_and_made_anew_when_lost(world: World) -> None:
    with rounds("outlook", world) as outlook:
        life, connection = outlook.source.subscriptions, outlook.connection
        assert life and life.renew
        wanted = Wanted("https://hooks.payready.example/hooks/outlook?key=k", "s" * 64, outlook.site.now)
        made = life.create(outlook.http, connection, wanted)
        assert len(made.subscriptions) == mail.MAILBOXES and made.secrets == (wanted.secret,)
        assert all(one.url == wanted.url and one.expires_at for one in made.subscriptions)
        assert life.create(outlook.http, connection, wanted).subscriptions == []

        outlook.site.advance(2 * 86_400)
        later = Wanted(wanted.url, wanted.secret, outlook.site.now)
        renewed = life.renew(outlook.http, connection, made.subscriptions[0], later)
        assert renewed.id == made.subscriptions[0].id
        assert renewed.expires_at == outlook.site.now.replace(microsecond=0) + timedelta(minutes=4_230)

        life.remove(outlook.http, connection, made.subscriptions[1])
        life.remove(outlook.http, connection, made.subscriptions[1])
        again = life.renew(outlook.http, connection, made.subscriptions[1], later)
        assert again.id != made.subscriptions[1].id
        assert again.detail["resource"] == made.subscriptions[1].detail["resource"]
        assert {one.id for one in life.existing(outlook.http, connection)} == {
            renewed.id,
            again.id,
            made.subscriptions[2].id,
        }


@pytest.mark.parametrize("kind", ["html", "error", "busy", "empty_page"])
def test_a_bad_answer_in_between_costs_nothing(world: World, kind: FaultKind) -> None:
    with rounds("outlook", world) as outlook:
        outlook.site.faults["outlook"] = [Fault(kind, count=2, path="messages/delta")]
        assert set(alive(outlook.run("message"), "message")) == set(living(outlook, "message"))
        assert outlook.site.faults["outlook"][0].count == 0
