"""The circuit breaker."""

import pytest

from chalicelib.errors import CircuitOpen
from chalicelib.ingest.breaker import FAILURES_TO_OPEN, Breaker


@pytest.fixture
def run(table, clock):
    """A breaker as each new run gets it."""
    return lambda: Breaker(table, "vendor/default", clock.now)


def break_it(run):
    for _ in range(FAILURES_TO_OPEN):
        one = run()
        one.admit()
        one.failed()


def test_stays_closed_until_enough_failures_in_a_row(run):
    for _ in range(FAILURES_TO_OPEN - 1):
        run().failed()
    run().admit()
    good = run()
    good.admit()
    good.succeeded()
    for _ in range(FAILURES_TO_OPEN - 1):
        run().failed()
    run().admit()


def test_opens_for_every_run_of_the_connection(run):
    break_it(run)
    with pytest.raises(CircuitOpen) as refusal:
        run().admit()
    assert refusal.value.after_s == pytest.approx(60)


def test_another_connection_is_not_concerned(run, table, clock):
    break_it(run)
    Breaker(table, "vendor/other", clock.now).admit()


def test_lets_a_single_probe_through_when_its_time_has_come(run, clock):
    break_it(run)
    clock.forward(seconds=61)
    run().admit()
    with pytest.raises(CircuitOpen):
        run().admit()


def test_an_answered_probe_closes_it(run, clock):
    break_it(run)
    clock.forward(seconds=61)
    probe = run()
    probe.admit()
    probe.succeeded()
    for _ in range(3):
        run().admit()


def test_a_failed_probe_opens_it_for_twice_as_long(run, clock):
    break_it(run)
    clock.forward(seconds=61)
    probe = run()
    probe.admit()
    probe.failed()
    with pytest.raises(CircuitOpen) as refusal:
        run().admit()
    assert refusal.value.after_s == pytest.approx(120)


def test_never_stays_open_longer_than_an_hour(run, clock):
    break_it(run)
    for _ in range(12):
        clock.forward(hours=2)
        probe = run()
        probe.admit()
        probe.failed()
    with pytest.raises(CircuitOpen) as refusal:
        run().admit()
    assert refusal.value.after_s == pytest.approx(3600)


def test_a_probe_that_died_makes_way_for_the_next(run, clock):
    break_it(run)
    clock.forward(seconds=61)
    run().admit()
    clock.forward(minutes=3)
    run().admit()


def test_failures_of_runs_begun_before_it_opened_do_not_prolong_it(run):
    early = run()
    early.admit()
    break_it(run)
    early.failed()
    with pytest.raises(CircuitOpen) as refusal:
        run().admit()
    assert refusal.value.after_s == pytest.approx(60)


def test_a_healthy_connection_costs_no_write(run, table):
    one = run()
    one.admit()
    one.succeeded()
    assert table.read("breaker#vendor/default", "-").revision == 0
