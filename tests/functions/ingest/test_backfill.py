"""A span of the past, pulled again: beside the live cursor, with progress of its own, once."""

from pull_fakes import in_pages

from chalicelib.ingest.cursors import Cursors

FROM, TO = "2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00"
SPAN = {"span_from": FROM, "span_to": TO}


def test_a_span_is_read_from_its_start_as_of_its_end_and_counted(lane):
    given = lane()
    given.answer = in_pages([1, 2], [3])
    assert given.run(**SPAN).ended == "finished"
    assert {one.lane for one in given.events()} == {"backfill"}
    assert given.asked[0].url.params["since"] == FROM
    known = Cursors(given.puller.table, given.clock.now, "backfill").of("vendor", "default")
    assert list(known) == [f"thing@{FROM}/{TO}"]
    assert known[f"thing@{FROM}/{TO}"].records == 3


def test_the_live_cursor_stays_where_it_is(lane):
    given = lane()
    given.answer = in_pages([1])
    given.run()
    before = given.record()
    given.run(**SPAN)
    assert given.record() == before


def test_the_same_order_again_does_nothing(lane):
    given = lane()
    given.answer = in_pages([1])
    given.run(**SPAN)
    assert given.run(**SPAN).ended == "skipped"


def test_records_are_counted_anew_by_the_next_run(lane):
    given = lane()
    given.answer = in_pages([1, 2])
    given.run()
    given.clock.forward(hours=1)
    given.run()
    assert given.record().records == 2
