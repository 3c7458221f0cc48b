"""The pull lane, and what may go wrong with us on the way."""

import dataclasses
from datetime import timedelta

import pytest
from pull_fakes import CONNECTION, NOON, THING, in_pages, vendor

from chalicelib.errors import LakeUnavailable
from chalicelib.ingest.cursors import LEASE
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Event, Page, Rate, Stream


def test_every_page_is_landed_and_the_stream_rests_until_its_next_time(lane):
    one = lane()
    one.answer = in_pages([1, 2], [3])
    assert one.run().ended == "finished"
    assert one.ids() == ["1", "2", "3"]
    assert one.record().cursor == {"since": NOON.isoformat()}
    assert one.record().next_at == NOON + timedelta(minutes=5)
    assert one.ordered == []


def test_what_lands_wears_the_pull_lane_and_one_batch(lane):
    one = lane()
    one.answer = in_pages([1], [2])
    one.run()
    first, second = one.events()
    assert (first.lane, first.source, first.connection_id, first.stream) == ("pull", "vendor", "default", "thing")
    assert first.batch_id and first.batch_id == second.batch_id
    assert first.received_at == NOON
    assert bytes(first.payload) == b'{"id":1}'


def test_the_next_run_asks_for_what_came_since(lane, clock):
    one = lane()
    one.answer = in_pages([1])
    one.run()
    clock.forward(minutes=6)
    one.run()
    assert [request.url.params.get("since") for request in one.asked] == [None, NOON.isoformat()]


def test_a_run_out_of_time_goes_on_in_another_message_and_skips_and_doubles_nothing(lane, clock):
    one = lane()
    one.answer = in_pages([1, 2], [3], [4, 5], slow=lambda: clock.forward(seconds=100))
    ended = [one.run(seconds=120).ended]
    while one.ordered:
        order, delay_s = one.ordered.pop(0)
        assert (order, delay_s) == (THING, 0)
        ended.append(one.run(seconds=120).ended)
    assert ended == ["continues", "continues", "finished"]
    assert one.ids() == ["1", "2", "3", "4", "5"]
    assert len({envelope.batch_id for envelope in one.events()}) == 1


def test_a_run_too_short_for_a_single_page_does_not_go_round_and_round(lane, clock):
    def read(reading):
        for number in range(2):
            reading.http.ask(Request(f"things/{number}"))
        yield Page([], {"page": 1})

    one = lane(vendor(Stream("thing", read)))
    one.answer = in_pages([1], slow=lambda: clock.forward(seconds=100))
    assert one.run(seconds=120).ended == "failed"
    assert one.ordered == []
    assert one.record().next_at > clock.now()


def test_a_run_that_begins_late_still_reads_one_page(lane, clock):
    one = lane(vendor(rates={"": Rate(10, 1.0)}))
    one.answer = in_pages([1], [2])
    assert one.run(seconds=1).ended == "continues"
    assert one.ids() == ["1"]


def test_a_crash_between_landing_and_saving_lands_the_page_again_under_the_same_ids(lane, clock):
    one = lane()
    one.answer = in_pages([1, 2], [3])
    landed = one.puller.land

    class Killed(BaseException):
        """Nothing of ours gets to run after this."""

    def land_and_die(envelopes):
        landed(envelopes)
        raise Killed

    alive, one.puller = one.puller, dataclasses.replace(one.puller, land=land_and_die)
    with pytest.raises(Killed):
        one.run()
    one.puller = alive
    assert one.run().ended == "skipped"
    clock.forward(seconds=LEASE.total_seconds() + 1)
    assert one.puller.tick(clock.now()) == 1
    assert one.run().ended == "finished"
    first, again, last = one.landed
    assert [envelope.event_id for envelope in first] == [envelope.event_id for envelope in again]
    assert [envelope.entity_id for envelope in last] == ["3"]


def test_a_lake_that_fails_leaves_the_cursor_and_lets_the_queue_try_again(lane):
    is_up = []

    def land(envelopes):
        if not is_up:
            raise LakeUnavailable("no answer")

    one = lane(land=land)
    one.answer = in_pages([1])
    with pytest.raises(LakeUnavailable):
        one.run()
    assert one.record().cursor == {}
    assert one.record().last_error == "LakeUnavailable('no answer')"
    is_up.append(True)
    assert one.run().ended == "finished"


def test_the_tick_does_not_repeat_every_minute_what_just_broke(lane, clock):
    def land(envelopes):
        raise LakeUnavailable("no answer")

    one = lane(land=land)
    one.answer = in_pages([1])
    for _ in range(3):
        with pytest.raises(LakeUnavailable):
            one.run()
    clock.forward(minutes=2)
    assert one.puller.tick(clock.now()) == 0


def test_of_two_runs_at_once_one_does_nothing(lane):
    one = lane()
    inner = []

    def answer(request):
        inner.append(one.run())
        return in_pages([1])(request)

    one.answer = answer
    assert one.run().ended == "finished"
    assert [outcome.ended for outcome in inner] == ["skipped"]
    assert one.ids() == ["1"]


def test_a_run_that_lost_its_lease_stops_and_saves_nothing(lane, clock):
    one = lane()
    outcomes = []

    def answer(request):
        one.answer = in_pages([1], [2])
        clock.forward(seconds=LEASE.total_seconds() + 1)
        outcomes.append(one.run())
        return in_pages([1], [2])(request)

    one.answer = answer
    assert one.run(seconds=900).ended == "skipped"
    assert outcomes[0].ended == "finished"
    assert one.record().last_finished_at is not None
    assert len({envelope.event_id for envelope in one.events()}) == 2


def test_a_bug_in_a_source_reaches_the_queue_and_gives_the_lease_back(lane):
    def read(reading):
        yield Page([Event("thing", "1", "upsert", b"{}")], {"page": 1})
        raise ZeroDivisionError

    one = lane(vendor(Stream("thing", read)))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            one.run()
    assert one.record().failures == 2
    assert one.record().cursor == {"page": 1}


def test_the_tick_orders_each_due_stream_of_each_enabled_connection(lane, clock):
    one = lane()
    assert one.puller.tick(clock.now()) == 1
    assert one.ordered == [(THING, 0)]
    one.answer = in_pages([1])
    one.run()
    assert one.puller.tick(clock.now()) == 0
    clock.forward(minutes=5)
    assert one.puller.tick(clock.now()) == 1


def test_an_order_for_what_is_gone_is_dropped(lane):
    one = lane()
    assert one.run(stream="gone").ended == "skipped"
    one.puller.connections.connect(CONNECTION, is_enabled=False)
    assert one.run().ended == "skipped"
    assert one.asked == []


def test_a_message_that_is_no_order_is_left_to_the_dead_letter_queue(lane):
    with pytest.raises(ValueError):
        lane().puller.run("not json", lambda: 300_000)
