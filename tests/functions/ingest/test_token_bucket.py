"""Token buckets."""

import pytest

from chalicelib.errors import VendorBusy
from chalicelib.ingest.source import Rate
from chalicelib.ingest.token_bucket import HalfPace, TokenBuckets, at_once, paused, reserve, scaled

TEN_A_SECOND = Rate(requests=10, per_s=1.0, burst=3)


def waits(rate, number, now=1000.0, full_at=0.0):
    told = []
    for _ in range(number):
        (slot,), full_at = reserve(full_at, rate, now)
        told.append(round(slot - now, 3))
    return told


def test_a_burst_goes_at_once_and_the_rest_evenly():
    assert waits(TEN_A_SECOND, 6) == [0, 0, 0, 0.1, 0.2, 0.3]


def test_an_idle_bucket_holds_no_more_than_a_burst():
    assert waits(TEN_A_SECOND, 4, now=9_999_999.0, full_at=1.0) == [0, 0, 0, 0.1]


def test_never_lets_more_through_than_the_rate_over_any_long_time():
    now, full_at, gone = 0.0, 0.0, 0
    for _ in range(1000):
        (now,), full_at = reserve(full_at, TEN_A_SECOND, now)
        gone += 1
    assert gone <= 3 + now * 10 + 1e-6


def test_slots_reserved_together_come_as_they_would_one_by_one():
    (*slots,), full_at = reserve(0.0, TEN_A_SECOND, 1000.0, 6)
    assert [round(slot - 1000, 3) for slot in slots] == waits(TEN_A_SECOND, 6)
    assert full_at == pytest.approx(1000.6)
    assert [at_once(Rate(requests, 1.0)) for requests in (1, 3, 10, 1000)] == [1, 1, 5, 20]


def test_a_paused_bucket_gives_its_first_slot_when_the_pause_ends():
    assert waits(TEN_A_SECOND, 2, full_at=paused(1000.0, TEN_A_SECOND, until=1007.0)) == [7.0, 7.1]


def test_a_pause_never_shortens_a_longer_one():
    assert paused(5000.0, TEN_A_SECOND, until=10.0) == 5000.0


def test_an_account_with_higher_limits_has_larger_buckets():
    assert scaled({"": Rate(170, 60.0), "x": Rate(1, 60.0, 3)}, 2.5) == {"": Rate(425, 60.0, 2), "x": Rate(2, 60.0, 8)}
    assert scaled({"": Rate(1, 1.0)}, 0.1) == {"": Rate(1, 1.0)}


@pytest.fixture
def buckets(table, clock):
    return lambda: TokenBuckets(table, "vendor/default", {"": Rate(1, 1.0)}, clock.now, clock.sleep)


def test_two_pullers_share_one_bucket(buckets, clock):
    one, other = buckets(), buckets()
    for puller in (one, other, one, other):
        puller.take("", most_s=60)
    assert clock.slept == pytest.approx([1, 1, 1])


def test_two_pullers_at_the_same_instant_never_get_the_same_slot(table, clock):
    slept = []
    one, other = (TokenBuckets(table, "v/d", {"": Rate(1, 1.0)}, clock.now, slept.append) for _ in range(2))
    for puller in (one, other, one, other):
        puller.take("", most_s=60)
    assert slept == pytest.approx([1, 2, 3])


def test_says_busy_and_takes_nothing_when_the_wait_is_too_long(buckets, clock):
    one = buckets()
    one.take("", most_s=0)
    for _ in range(3):
        with pytest.raises(VendorBusy) as busy:
            one.take("", most_s=0.5)
        assert busy.value.after_s == pytest.approx(1)
    one.take("", most_s=1)
    assert clock.slept == pytest.approx([1])


def test_a_pause_the_vendor_asked_of_one_holds_for_all(buckets):
    one, other = buckets(), buckets()
    other.take("", most_s=0)
    one.pause("", 3600)
    with pytest.raises(VendorBusy) as busy:
        other.take("", most_s=60)
    assert busy.value.after_s == pytest.approx(3600)


def test_a_name_without_a_rate_is_free(buckets, clock):
    one = buckets()
    for _ in range(5):
        one.take("unlimited", most_s=0)
    one.pause("unlimited", 10)
    assert clock.slept == []


def test_a_fast_bucket_is_written_once_for_several_requests_and_keeps_its_pace(table, clock):
    rates, began = {"": TEN_A_SECOND}, clock.now()
    bucket = TokenBuckets(table, "vendor/default", rates, clock.now, clock.sleep)
    for _ in range(23):
        bucket.take("", most_s=60)
    assert (clock.now() - began).total_seconds() == pytest.approx(2.0, abs=0.01)
    assert table.read("bucket#vendor/default", "-").revision == 5


def test_work_that_can_wait_leaves_every_other_slot_to_what_cannot(table, clock):
    rates = {"": Rate(1, 1.0)}
    patient = HalfPace(TokenBuckets(table, "vendor/default", rates, clock.now, clock.sleep), rates, clock.sleep)
    began = clock.now()
    for _ in range(5):
        patient.take("", most_s=60)
    assert (clock.now() - began).total_seconds() == pytest.approx(5.0)
    live, before = TokenBuckets(table, "vendor/default", rates, clock.now, clock.sleep), clock.now()
    live.take("", most_s=60)
    assert clock.now() == before, "a slot is free at once"
