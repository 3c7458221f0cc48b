"""Sending: signed when sent, tried again as each vendor would."""

from datetime import UTC, datetime

import httpx
import pytest

from infra.company.deliveries import deliveries
from infra.company.delivery import Delivery
from infra.company.send import Ledger, Outcome, deliver
from infra.company.world import World

NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
PUBLIC = "https://hooks.payready.example"


@pytest.fixture
def one_each(world: World) -> dict[str, Delivery]:
    return {one.source: one for one in deliveries(world)}


def sent(one: Delivery, credentials: dict, statuses: list[int]) -> tuple[Outcome, list[httpx.Request], list[float]]:
    """The outcome, what was posted, and the pauses in between; the receiver answers with statuses in turn."""
    posted: list[httpx.Request] = []
    pauses: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        posted.append(request)
        return httpx.Response(statuses[min(len(posted), len(statuses)) - 1])

    ledger = deliver(
        [one],
        "http://receiver/",
        PUBLIC,
        {source: held["kept"] for source, held in credentials.items()},
        clock=lambda: NOW,
        sleep=pauses.append,
        transport=httpx.MockTransport(answer),
    )
    return ledger.outcomes[0], posted, pauses


@pytest.mark.parametrize(
    ("source", "statuses", "tries"),
    [
        ("slack", [503], 4),
        ("slack", [503, 200], 2),
        ("github", [503], 1),
        ("gong", [503], 1),
        ("hubspot", [503], 11),
        ("hubspot", [429, 200], 2),
        ("hubspot", [401], 1),
    ],
)
def test_each_vendor_tries_as_often_as_it_does(
    source: str, statuses: list[int], tries: int, one_each: dict, credentials: dict
) -> None:
    outcome, posted, pauses = sent(one_each[source], credentials, statuses)
    assert (outcome.tries, outcome.status_code, len(pauses)) == (tries, statuses[-1], tries - 1)
    assert {request.url.path for request in posted} == {f"/hooks/{source}"}


def test_slack_says_that_it_is_a_retry(one_each: dict, credentials: dict) -> None:
    _, posted, _ = sent(one_each["slack"], credentials, [500, 500, 200])
    assert [request.headers.get("x-slack-retry-num") for request in posted] == [None, "1", "2"]


def test_a_receiver_that_is_not_there_is_noted_not_raised(one_each: dict, credentials: dict) -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    kept = {source: held["kept"] for source, held in credentials.items()}
    ledger = deliver([one_each["github"]], "http://receiver", PUBLIC, kept, transport=httpx.MockTransport(nobody))
    assert ledger.failed_guids() == [one_each["github"].delivery_id]
    assert not ledger.answered()
    assert ledger.sent()


def test_a_repeated_delivery_counts_once(one_each: dict) -> None:
    one = one_each["hubspot"]
    ledger = Ledger([Outcome(one, 503, 11), Outcome(one, 200, 1), Outcome(one, 200, 1)])
    assert sum(ledger.answered().values()) == len(one.events)


def test_progress_is_told_for_every_delivery(world: World, credentials: dict) -> None:
    told: list[Outcome] = []
    kept = {source: held["kept"] for source, held in credentials.items()}
    some = deliveries(world)[:20]
    answer = httpx.MockTransport(lambda request: httpx.Response(200))
    deliver(some, "http://receiver", PUBLIC, kept, on_progress=told.append, transport=answer)
    assert [one.delivery for one in told] == some
