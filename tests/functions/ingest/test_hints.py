"""A delivery that only says "something changed" makes the pull of it due, and lands whatever goes wrong with that."""

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from edge_fakes import FakeLake
from pull_fakes import NOON, THING, Lane, in_pages, vendor
from test_land import FakeDeadLetters, lines_in, message, sqs_event
from test_land import envelope as landed_envelope

from chalicelib import sources
from chalicelib.ingest import landing
from chalicelib.ingest.breaker import Breaker
from chalicelib.ingest.hints import Hints, hinted, note_landed, open_hints
from chalicelib.ingest.land import Line
from chalicelib.ingest.source import Delivery, Source, envelop
from chalicelib.ingest.state_table import StateTable
from events.envelope import Envelope, encode
from infra.company.samples import named

ROOT = Path(__file__).parents[3]
SECOND = timedelta(seconds=1)
HINTING = [
    name
    for name in sources.names()
    if (found := sources.load(name)) and found.pull and any(stream.hinted_by for stream in found.pull.streams)
]


def envelope(number: int = 0, at: datetime = NOON, **changed: str) -> Envelope:
    told = {"source": "vendor", "stream": "notification", "operation": "event", **changed}
    return msgspec.structs.replace(landed_envelope(str(number), received_at=at), **told)


@pytest.fixture
def hinting() -> Source:
    """A vendor whose notifications hint at its things, which are read once a day."""
    source = vendor()
    assert source.pull
    (thing,) = source.pull.streams
    slow = dataclasses.replace(thing, every=timedelta(days=1), hinted_by=("notification", "other"))
    return dataclasses.replace(source, pull=dataclasses.replace(source.pull, streams=(slow,)))


@pytest.fixture
def one(lane: Callable[..., Lane], hinting: Source) -> Lane:
    """Read to its end at noon."""
    made = lane(hinting)
    made.answer = in_pages([1])
    assert made.run().ended == "finished"
    return made


def deliver(one: Lane, *envelopes: Envelope, table: StateTable | None = None) -> FakeLake:
    """Through the consumer; each envelope is a message of its own."""
    lake = FakeLake()
    event = sqs_event({str(number): message(each) for number, each in enumerate(envelopes)})
    hints = Hints(table or one.puller.table)
    answer = landing.handle(
        event,
        None,
        lake,
        FakeDeadLetters(),
        lambda lines: note_landed(lines, lambda: hints, one.puller.source_named),
    )
    assert answer == {"batchItemFailures": []}
    return lake


def tick(one: Lane) -> list[dict[str, str]]:
    """What the tick orders now."""
    one.ordered.clear()
    one.puller.tick(one.clock.now())
    return [order for order, _ in one.ordered]


def test_a_hint_makes_the_next_tick_order_the_pull_of_what_it_is_about(one: Lane) -> None:
    one.clock.forward(minutes=2)
    assert tick(one) == []

    deliver(one, envelope(at=one.clock.now()))
    one.clock.forward(seconds=30)

    assert tick(one) == [THING]
    assert one.run().ended == "finished"
    assert tick(one) == [] and one.run().ended == "skipped", "an order told twice finds nothing to do"
    one.clock.forward(hours=23)
    assert tick(one) == []


def test_a_batch_that_comes_again_asks_for_nothing_that_was_read_since(one: Lane) -> None:
    batch = [envelope(number, NOON + number * SECOND) for number in range(3)]
    one.clock.forward(minutes=2)
    deliver(one, *batch)
    assert tick(one) == [THING]
    one.run()
    one.clock.forward(minutes=2)

    deliver(one, *reversed(batch))

    assert tick(one) == []


def test_a_hint_that_comes_while_the_pull_runs_makes_another_one_due(one: Lane) -> None:
    pages = in_pages([1], [2])

    def answer(request: httpx.Request) -> httpx.Response:
        one.clock.forward(seconds=1)
        if "cursor" not in request.url.params:
            deliver(one, envelope(at=one.clock.now()))
        return pages(request)

    one.clock.forward(days=1)
    one.answer = answer
    assert one.run().ended == "finished"
    one.answer = pages
    assert tick(one) == [], "never right after another"
    one.clock.forward(minutes=1)
    assert tick(one) == [THING]
    assert one.run().ended == "finished"
    one.clock.forward(minutes=1)
    assert tick(one) == []


def test_a_hint_between_two_runs_of_one_reading_is_about_what_the_first_may_have_passed(one: Lane) -> None:
    one.clock.forward(days=1)
    one.answer = in_pages([1], [2], slow=lambda: one.clock.forward(seconds=100))
    assert one.run(seconds=120).ended == "continues"
    deliver(one, envelope(at=one.clock.now()))
    one.clock.forward(seconds=1)
    assert one.run().ended == "finished"
    took = one.record().last_finished_at - (NOON + timedelta(days=1))  # type: ignore[operator]
    one.clock.at += took
    assert tick(one) == [THING]


def test_a_hint_shortens_no_wait_that_the_vendor_asked_for(one: Lane) -> None:
    one.clock.forward(days=1)
    one.answer = lambda request: httpx.Response(429, headers={"retry-after": "7200"})
    assert one.run().ended == "waits"
    asked = len(one.asked)
    one.clock.forward(minutes=5)
    deliver(one, envelope(at=one.clock.now()))
    assert tick(one) == [] and one.run().ended == "skipped"
    assert len(one.asked) == asked


def test_a_hint_asks_nothing_of_a_vendor_whose_breaker_is_open(one: Lane) -> None:
    one.clock.forward(minutes=5)
    breaker = Breaker(one.puller.table, "vendor/default", one.clock.now)
    for _ in range(5):
        breaker.failed()
    asked = len(one.asked)
    deliver(one, envelope(at=one.clock.now()))
    assert tick(one) == [THING] and one.run().ended == "waits"
    assert len(one.asked) == asked
    assert tick(one) == [] and one.run().ended == "skipped"


class Broken(StateTable):
    """Answers nobody."""

    def __init__(self) -> None: ...

    def read(self, pk: str, sk: str) -> None:  # type: ignore[override]
        raise ConnectionError("no answer")


def test_a_hint_that_cannot_be_noted_has_landed_all_the_same(one: Lane, caplog: pytest.LogCaptureFixture) -> None:
    one.clock.forward(minutes=2)

    lake = deliver(one, envelope(), table=Broken())

    assert len(lines_in(lake)) == 1
    assert "hints_not_noted" in caplog.messages
    assert tick(one) == []


def test_what_did_not_land_is_no_hint_yet(one: Lane) -> None:
    heard: list[Line] = []
    lake = FakeLake(broken_part="/other/")
    bodies = {"1": message(envelope(1)), "2": message(envelope(2, stream="other"))}

    landing.land_messages(bodies, lake, FakeDeadLetters(), heard.extend)

    assert [line.address.event_id for line in heard] == ["1"]


def test_each_stream_is_noted_once_a_batch_with_the_newest_of_its_hints(hinting: Source) -> None:
    told = [
        envelope(1, NOON + SECOND),
        envelope(2, NOON + 3 * SECOND),
        envelope(3, NOON + 2 * SECOND, stream="other"),
        envelope(4, NOON, connection_id="second"),
    ]
    assert hinted(lines(*told), {"vendor": hinting}.get) == {
        ("vendor", "default", "thing"): NOON + 3 * SECOND,
        ("vendor", "second", "thing"): NOON,
    }


@pytest.mark.parametrize(
    "changed",
    [{"stream": "thing"}, {"operation": "upsert"}, {"operation": "delete"}, {"source": "stranger"}],
    ids=str,
)
def test_what_is_no_hint_asks_for_nothing(hinting: Source, changed: dict[str, str]) -> None:
    assert hinted(lines(envelope(**changed)), {"vendor": hinting}.get) == {}


def test_of_two_hints_the_newer_stays_whichever_is_noted_last(table: StateTable) -> None:
    hints = open_hints("sophia-state")
    hints.note("vendor", "default", "thing", NOON)
    hints.note("vendor", "default", "thing", NOON - SECOND)
    hints.note("vendor", "second", "thing", NOON + SECOND)

    assert hints.of("vendor", "default") == {"thing": NOON}
    assert hints.at("vendor", "second", "thing") == NOON + SECOND
    assert hints.at("vendor", "default", "other") is None


@pytest.mark.parametrize("name", HINTING)
def test_every_stream_that_is_hinted_at_hears_of_it_by_a_delivery_of_its_vendor(name: str) -> None:
    source = sources.load(name)
    assert source and source.webhook and source.pull
    told = []
    for path in sorted((ROOT / "events" / name / "samples").glob("webhook__*")):
        headers = {key.lower(): value for key, value in named(name, path.name).headers.items()}
        read = source.webhook.read(Delivery(name, "default", "POST", "", headers, path.read_bytes(), NOON))
        about = {"source": name, "connection_id": "default", "lane": "webhook", "received_at": NOON, "trace_id": "t"}
        told += [envelop(event, **about) for event in read]  # type: ignore[arg-type]

    woken = {stream for _, _, stream in hinted(lines(*told), sources.load)}

    assert woken == {stream.name for stream in source.pull.streams if stream.hinted_by}


def lines(*envelopes: Envelope) -> list[Line]:
    return [Line.of(encode(each), "message") for each in envelopes]
