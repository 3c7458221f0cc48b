"""Asking a vendor."""

import httpx
import pytest

from chalicelib.errors import ConfigurationMissing, VendorBusy, VendorSaysNo, VendorUnavailable
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Connection
from chalicelib.ingest.vendor_http import Budget


def scripted(*answers):
    """These answers in turn, the last one for ever; exceptions are raised."""
    left = list(answers)

    def answer(request):
        one = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(one, Exception):
            raise one
        return one

    return answer


OK = httpx.Response(200, json={"things": []})


def test_asks_below_the_base_url_with_authorisation_and_a_user_agent(asking):
    vendor = asking(scripted(OK))
    assert vendor.http.ask(Request("/things", params={"limit": 5, "cursor": None})).status == 200
    (request,) = vendor.seen
    assert str(request.url) == "https://vendor.example/api/things?limit=5"
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.headers["user-agent"].startswith("sophia-intel/")


def test_sends_json_where_the_vendor_wants_a_post(asking):
    vendor = asking(scripted(OK))
    vendor.http.ask(Request("search", method="POST", json={"after": "10"}))
    assert vendor.seen[0].content == b'{"after":"10"}'


def test_a_next_link_of_the_same_host_is_followed_with_its_own_query(asking):
    vendor = asking(scripted(OK))
    vendor.http.ask(Request("https://vendor.example/other?page=2"))
    assert str(vendor.seen[0].url) == "https://vendor.example/other?page=2"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/things",
        "http://vendor.example/api/things",
        "https://vendor.example:8443/api/things",
        "https://vendor.example.evil.example/",
        "https://vendor.example@evil.example/",
        "https://token@vendor.example/api/things",
        "https://[broken/",
    ],
)
def test_credentials_never_leave_the_vendors_own_host(asking, link):
    vendor = asking(scripted(OK))
    with pytest.raises(VendorSaysNo):
        vendor.http.ask(Request(link))
    assert vendor.seen == []


def test_a_protocol_relative_link_is_taken_as_a_path(asking):
    vendor = asking(scripted(OK))
    vendor.http.ask(Request("//evil.example/things"))
    assert vendor.seen[0].url.host == "vendor.example"


def test_follows_a_redirect_within_the_host(asking):
    moved = httpx.Response(301, headers={"location": "/api/repositories/1"})
    vendor = asking(scripted(moved, OK))
    assert vendor.http.ask(Request("repos/a/b")).status == 200
    assert [request.url.path for request in vendor.seen] == ["/api/repos/a/b", "/api/repositories/1"]


def test_refuses_a_redirect_to_another_host(asking):
    vendor = asking(scripted(httpx.Response(302, headers={"location": "https://evil.example/"})))
    with pytest.raises(VendorSaysNo, match="another host"):
        vendor.http.ask(Request("things"))
    assert len(vendor.seen) == 1


def test_gives_up_on_a_circle_of_redirects(asking):
    vendor = asking(scripted(httpx.Response(302, headers={"location": "/api/things"})))
    with pytest.raises(VendorSaysNo, match="redirected"):
        vendor.http.ask(Request("things"))
    assert len(vendor.seen) == 3


@pytest.mark.parametrize(
    "hiccup",
    [
        httpx.Response(503),
        httpx.Response(500),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut off"),
        httpx.Response(200, html="<html>back soon</html>"),
        httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip")),
    ],
    ids=lambda one: one.__class__.__name__ if isinstance(one, Exception) else f"status_{one.status_code}",
)
def test_tries_again_after_a_hiccup(asking, clock, hiccup):
    vendor = asking(scripted(hiccup, OK))
    assert vendor.http.ask(Request("things")).ruling.kind == "ok"
    assert len(vendor.seen) == 2
    assert len(clock.slept) == 1
    assert vendor.breaker.verdicts == ["succeeded"]


def test_waits_between_tries_with_full_jitter_under_a_growing_ceiling(asking, clock):
    vendor = asking(scripted(httpx.Response(500)))
    with pytest.raises(VendorUnavailable, match="http_500"):
        vendor.http.ask(Request("things"))
    assert len(vendor.seen) == 6
    assert all(0 <= slept <= 0.5 * 2 ** (number + 1) for number, slept in enumerate(clock.slept))
    assert len(set(clock.slept)) == 5
    assert vendor.breaker.verdicts == ["failed"]


def test_waits_as_long_as_the_vendor_says_and_makes_everyone_wait(asking, clock):
    vendor = asking(scripted(httpx.Response(429, headers={"retry-after": "7"}), OK))
    vendor.http.ask(Request("things", bucket="search"))
    assert 7 <= clock.slept[0] <= 8
    assert vendor.buckets.paused == [("search", 7.0)]


def test_does_not_sit_out_a_pause_of_hours(asking, clock):
    vendor = asking(scripted(httpx.Response(429, headers={"retry-after": "14400"})))
    with pytest.raises(VendorBusy) as busy:
        vendor.http.ask(Request("things"))
    assert busy.value.after_s == 14400
    assert clock.slept == []
    assert len(vendor.seen) == 1


def test_does_not_start_a_wait_that_outlasts_the_run(asking, clock):
    vendor = asking(scripted(httpx.Response(429, headers={"retry-after": "7"})), remaining_s=5)
    with pytest.raises(VendorBusy):
        vendor.http.ask(Request("things"))
    assert clock.slept == []


def test_a_retry_after_of_a_broken_clock_counts_as_a_day(asking):
    vendor = asking(scripted(httpx.Response(429, headers={"retry-after": "9e9"})))
    with pytest.raises(VendorBusy) as busy:
        vendor.http.ask(Request("things"))
    assert busy.value.after_s == 86_400


def test_being_told_to_slow_down_is_no_failure_of_the_vendor(asking):
    vendor = asking(scripted(httpx.Response(429)))
    with pytest.raises(VendorBusy):
        vendor.http.ask(Request("things"))
    assert "failed" not in vendor.breaker.verdicts


def test_ends_a_run_whose_time_is_up_before_asking_once_more(asking, clock):
    vendor = asking(scripted(OK), remaining_s=10)
    vendor.http.ask(Request("things"))
    clock.forward(seconds=10)
    with pytest.raises(VendorBusy, match="time is up"):
        vendor.http.ask(Request("things"))


def test_a_refusal_is_final_and_is_no_failure_of_the_vendor(asking):
    vendor = asking(scripted(httpx.Response(403)))
    with pytest.raises(VendorSaysNo, match="http_403"):
        vendor.http.ask(Request("things", params={"email": "jo@payready.example"}))
    assert len(vendor.seen) == 1
    assert vendor.breaker.verdicts == ["succeeded"]


def test_a_success_with_an_error_inside_is_a_refusal(asking):
    vendor = asking(scripted(httpx.Response(200, content=b'{"ok":false,"error":"invalid_auth"}')))
    with pytest.raises(VendorSaysNo, match="ok_is_false"):
        vendor.http.ask(Request("things"))


def test_nothing_found_comes_back_as_empty(asking):
    assert asking(scripted(httpx.Response(404))).http.ask(Request("things")).ruling.kind == "empty"


def test_errors_show_neither_query_nor_token(asking):
    vendor = asking(scripted(httpx.Response(400)))
    with pytest.raises(VendorSaysNo) as refusal:
        vendor.http.ask(Request("things?email=jo", params={"q": "private"}))
    assert not {"s3cret", "jo", "private"} & set(str(refusal.value).replace("?", " ").split())
    assert "private" not in str(refusal.value) and "email" not in str(refusal.value)


def test_refuses_an_answer_too_large_to_hold(asking):
    vendor = asking(scripted(httpx.Response(200, content=b"x" * 11)), budget=Budget(answer_bytes=10))
    with pytest.raises(VendorSaysNo, match="ask for less"):
        vendor.http.ask(Request("things"))


def test_names_the_missing_credential(asking):
    vendor = asking(scripted(OK), connection=Connection("vendor", "default", "", {}))
    with pytest.raises(ConfigurationMissing, match="'token'"):
        vendor.http.ask(Request("things"))


def test_uses_the_vendors_own_address_where_the_connection_names_none(asking):
    vendor = asking(scripted(OK), connection=Connection("vendor", "default", "", {"token": "t"}))
    vendor.http.ask(Request("things"))
    assert vendor.seen[0].url.host == "vendor.example"


def test_draws_on_the_named_bucket_and_on_everyones(asking):
    vendor = asking(scripted(OK), budget=Budget(tries=1))
    vendor.http.ask(Request("things"))
    vendor.http.ask(Request("things", bucket="search"))
    assert vendor.buckets.taken == ["", "search", ""]
