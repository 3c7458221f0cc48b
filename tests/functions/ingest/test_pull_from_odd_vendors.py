"""The pull lane when the vendor misbehaves."""

import json
from datetime import timedelta

import httpx
import pytest
from pull_fakes import NOON, THING, in_pages, vendor

from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Page, Rate, Stream


def test_a_pause_of_minutes_becomes_a_delayed_message(lane, clock):
    one = lane()
    one.answer = lambda request: httpx.Response(429, headers={"retry-after": "600"})
    assert one.run().ended == "waits"
    assert one.ordered == [(THING, 600)]
    assert one.puller.tick(clock.now()) == 0
    assert one.run().ended == "skipped"
    clock.forward(seconds=601)
    one.answer = in_pages([1])
    assert one.run().ended == "finished"


def test_a_pause_of_hours_is_left_to_the_tick(lane, clock):
    one = lane()
    one.answer = lambda request: httpx.Response(429, headers={"retry-after": "14400"})
    assert one.run().ended == "waits"
    assert one.ordered == []
    clock.forward(hours=3)
    assert one.puller.tick(clock.now()) == 0
    clock.forward(hours=1, minutes=1)
    assert one.puller.tick(clock.now()) == 1


def test_a_pause_in_mid_listing_goes_on_at_the_next_page(lane, clock):
    one = lane()
    pages, calls = in_pages([1], [2], [3]), []

    def answer(request):
        calls.append(request)
        return httpx.Response(429, headers={"retry-after": "500"}) if len(calls) == 2 else pages(request)

    one.answer = answer
    assert one.run().ended == "waits"
    clock.forward(seconds=501)
    assert one.run().ended == "finished"
    assert one.ids() == ["1", "2", "3"]


def test_all_streams_of_a_connection_heed_a_pause_the_vendor_asked_of_one(lane, clock):
    def read(reading):
        yield Page([], {"asked": reading.http.ask(Request("other")).status})

    source = vendor(*vendor().pull.streams, Stream("other", read), rates={"": Rate(10, 1.0, burst=5)})
    one = lane(source)
    one.answer = lambda request: httpx.Response(429, headers={"retry-after": "1800"})
    one.run()
    assert len(one.asked) == 1
    assert one.run(stream="other").ended == "waits"
    assert len(one.asked) == 1


def test_a_refusal_is_recorded_and_tried_again_ever_more_seldom(lane, clock):
    one = lane()
    one.answer = lambda request: httpx.Response(401)
    assert one.run().ended == "failed"
    assert "http_401" in one.record().last_error
    assert one.record().next_at == NOON + timedelta(minutes=10)
    assert one.run().ended == "skipped"
    clock.forward(minutes=11)
    one.run()
    assert one.record().next_at - clock.now() == timedelta(minutes=20)


def test_an_operator_may_run_what_is_not_due(lane):
    one = lane()
    one.answer = lambda request: httpx.Response(401)
    one.run()
    one.answer = in_pages([1])
    assert one.run(is_forced=True).ended == "finished"
    assert one.record().last_error is None


def test_a_dead_vendor_is_not_asked_any_more_until_the_breaker_lets_a_probe_through(lane, clock):
    one = lane()
    one.answer = lambda request: httpx.Response(503)
    for _ in range(5):
        assert one.run(is_forced=True).ended == "failed"
    asked = len(one.asked)
    assert one.run(is_forced=True).ended == "waits"
    assert len(one.asked) == asked
    clock.forward(minutes=10)
    one.answer = in_pages([1])
    assert one.run(is_forced=True).ended == "finished"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<html>sign in</html>"),
        httpx.Response(200, content=b"<html>sign in</html>"),
        httpx.Response(200, json={"things": {"not": "a list"}}),
        httpx.Response(200, content=b'{"things": [{"id": 1'),
    ],
    ids=["html", "html_in_disguise", "another_shape", "truncated"],
)
def test_an_answer_that_is_not_what_was_asked_for_moves_no_cursor(lane, answer):
    one = lane()
    one.answer = lambda request: answer
    assert one.run().ended == "failed"
    assert one.record().cursor == {}
    assert one.landed == []


def test_a_failure_inside_a_success_moves_no_cursor(lane):
    one = lane()
    one.answer = lambda request: httpx.Response(200, content=b'{"ok":false,"error":"invalid_auth"}')
    assert one.run().ended == "failed"
    assert one.record().cursor == {}


def test_an_empty_page_with_a_next_cursor_is_not_the_end(lane):
    one = lane()
    one.answer = in_pages([1], [], [2])
    one.run()
    assert one.ids() == ["1", "2"]


def test_a_circle_of_pages_ends(lane):
    one = lane()
    one.answer = lambda request: httpx.Response(
        200, json={"things": [{"id": 1}], "next": "b" if request.url.params.get("cursor") == "a" else "a"}
    )
    assert one.run().ended == "failed"
    assert len(one.asked) == 3


def test_a_record_nobody_can_read_is_quarantined_and_stops_nobody_else(lane):
    one = lane()
    one.answer = lambda request: httpx.Response(200, content=b'{"things":[{"id":1},{"no":"id"},{"id":2}]}')
    assert one.run().ended == "finished"
    assert [envelope.stream for envelope in one.events()] == ["thing", "quarantine", "thing"]
    assert json.loads(bytes(one.events()[1].payload))["reason"] == "unexpected_record"
