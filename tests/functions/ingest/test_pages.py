"""Walking listings."""

import json
from datetime import timedelta

import httpx
import pytest
from pull_fakes import CONNECTION, NOON, event, in_pages

from chalicelib.errors import Unreadable, VendorSaysNo, VendorUnavailable
from chalicelib.ingest.pages import LinkHeader, OnePage, Request, Token, items, listing, value, walk
from chalicelib.ingest.source import Reading
from chalicelib.ingest.vendor_http import Response

FIRST = Request("things", params={"page": 1})


def answer_with(link):
    return Response(200, {"link": link}, b"[]")


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ('<https://v.example/things?page=2>; rel="next"', "https://v.example/things?page=2"),
        ('<https://v.example/a>; rel="prev", <https://v.example/c>; rel="next"', "https://v.example/c"),
        ('<https://v.example/c?ids=1,2;3>; rel="next"', "https://v.example/c?ids=1,2;3"),
        ("<https://v.example/c>; rel=next", "https://v.example/c"),
        ('<https://v.example/c>; title="b"; rel="last next"', "https://v.example/c"),
        ('<https://v.example/a>; rel="last"', None),
        ("", None),
        ("nonsense", None),
    ],
)
def test_the_next_page_is_the_one_the_link_header_calls_next(link, path):
    following = LinkHeader().following(FIRST, answer_with(link))
    assert (following and following.path) == path
    assert following is None or following.params == {}


@pytest.mark.parametrize("end", [b"{}", b'{"meta":null}', b'{"meta":{"next":""}}', b'{"meta":{"next":null}}'])
def test_a_token_that_is_missing_null_or_empty_is_the_end(end):
    assert Token(("meta", "next"), "cursor").following(FIRST, Response(200, {}, end)) is None


def test_a_token_goes_where_the_vendor_wants_it():
    response = Response(200, {}, b'{"next":"abc"}')
    assert Token(("next",), "cursor").following(FIRST, response).params == {"page": 1, "cursor": "abc"}
    assert Token(("next",), "cursor", into="json").following(FIRST, response).json == {"cursor": "abc"}


def test_records_are_the_vendors_own_bytes():
    assert items(b'{"a": {"b": [ {"n": 1.0e3} , 12345678901234567890]}}', "a", "b") == [
        b'{"n": 1.0e3}',
        b"12345678901234567890",
    ]
    assert items(b'{"a": null}', "a", "b") == []
    assert items(b"[]") == []


@pytest.mark.parametrize("body", [b"<html>", b'{"a": 1}', b'{"a": [1', b"\xff\xfe"])
def test_what_is_no_list_is_unreadable(body):
    with pytest.raises(Unreadable):
        items(body, "a")


def test_a_body_that_is_no_json_is_unreadable():
    with pytest.raises(Unreadable, match="not_json"):
        value(b"<html>", "a")


def test_a_walk_ends_when_a_vendor_sends_us_in_a_circle(asking):
    def answer(request):
        following = {"b": "c", "c": "b"}.get(request.url.params.get("cursor"), "b")
        return httpx.Response(200, json={"next": following})

    vendor = asking(answer)
    with pytest.raises(VendorUnavailable, match="'things'"):
        list(walk(vendor.http, Request("things"), Token(("next",), "cursor")))
    assert len(vendor.seen) == 3


def read(vendor, cursor, *, event=event, paginator=None, **more):
    stream = listing(
        request=lambda reading, since: Request("things", params={"since": since and since.isoformat()}),
        event=event,
        records=("things",),
        paginator=paginator or Token(("next",), "cursor"),
        **more,
    )
    return list(stream(Reading(vendor.http, CONNECTION, cursor, NOON)))


def test_a_run_may_stop_at_any_page_and_go_on_there(asking):
    vendor = asking(in_pages([1], [2], [3]))
    whole = read(vendor, {})
    for stopped_at in range(2):
        resumed = read(vendor, json.loads(json.dumps(whole[stopped_at].cursor)))
        assert [page.events for page in resumed] == [page.events for page in whole[stopped_at + 1 :]]
        assert resumed[-1].cursor == whole[-1].cursor == {"since": NOON.isoformat()}


def test_a_run_looks_back_because_vendors_list_late(asking):
    vendor = asking(in_pages([1]))
    read(vendor, {"since": NOON.isoformat()}, look_back=timedelta(hours=1))
    assert vendor.seen[0].url.params["since"] == (NOON - timedelta(hours=1)).isoformat()


def test_a_resumed_run_ends_at_the_time_it_first_began(asking):
    vendor = asking(in_pages([1], [2]))
    began = (NOON - timedelta(hours=2)).isoformat()
    resume = {"path": "things", "params": {"cursor": "1"}}
    (page,) = read(vendor, {"until": began, "resume": resume})
    assert page.cursor == {"since": began}


def test_a_page_token_the_vendor_has_forgotten_begins_the_listing_again(asking):
    pages = in_pages([1], [2])
    vendor = asking(
        lambda request: httpx.Response(400) if request.url.params.get("cursor") == "old" else pages(request)
    )
    since = (NOON - timedelta(days=1)).isoformat()
    resume = {"path": "things", "params": {"cursor": "old"}}
    told = read(vendor, {"since": since, "until": since, "resume": resume})
    assert [event.entity_id for page in told for event in page.events] == ["1", "2"]
    assert vendor.seen[1].url.params["since"] == since
    assert told[-1].cursor == {"since": NOON.isoformat()}


def test_a_refusal_of_a_later_page_stays_a_refusal(asking):
    pages = in_pages([1], [2], [3])
    vendor = asking(lambda request: httpx.Response(400) if request.url.params.get("cursor") == "2" else pages(request))
    resume = {"path": "things", "params": {"cursor": "1"}}
    with pytest.raises(VendorSaysNo):
        read(vendor, {"until": NOON.isoformat(), "resume": resume})


def test_nothing_found_moves_the_cursor(asking):
    (page,) = read(asking(lambda request: httpx.Response(404)), {})
    assert (list(page.events), page.cursor) == ([], {"since": NOON.isoformat()})


def test_a_closed_listing_leaves_the_cursor_so_that_nothing_is_missed_once_it_opens(asking, closed):
    since = {"since": (NOON - timedelta(days=1)).isoformat()}
    (page,) = read(asking(lambda request: httpx.Response(200, json={}), pull=closed), since)
    assert (list(page.events), page.cursor) == ([], since)


def test_a_record_of_another_stream_is_left_to_it(asking):
    (page,) = read(asking(in_pages([1, 2])), {}, event=lambda raw, reading: None, paginator=OnePage())
    assert page.events == []


def test_a_record_nobody_can_read_is_quarantined_with_its_bytes(asking):
    def unreadable(raw, reading):
        raise Unreadable("no_id", "the record has no id")

    (page,) = read(asking(in_pages([1])), {}, event=unreadable)
    (quarantined,) = page.events
    assert quarantined.stream == "quarantine"
    assert json.loads(quarantined.payload) == {
        "reason": "no_id",
        "detail": "no_id: the record has no id",
        "headers": {},
        "body_base64": "eyJpZCI6MX0=",
    }
