"""However many messages say that something changed, one reading answers them all, and none is left unanswered.

Google Drive's, through our receiver, consumer, tick and puller. SOPHIA_FAULT_SEEDS=1 repeats the order of a run.
"""

import dataclasses
import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest
from storm import Storm

from chalicelib.ingest.cursors import Cursors
from chalicelib.ingest.puller import Puller
from events.envelope import Envelope
from infra.company.deliveries import deliveries
from infra.company.delivery import Delivery
from infra.company.world import World, build

SEED = int(os.environ.get("SOPHIA_FAULT_SEEDS", "").partition(",")[0] or random.SystemRandom().randrange(1_000_000))
MINUTE = timedelta(minutes=1)
COPIES = 3
"""Of each order: a queue delivers at least once."""


@pytest.fixture(scope="module")
def world() -> World:
    return build(seed=7)


class Drive(Storm):
    """Google Drive's connection, its ticks and the pulls that they order. The schedule asks every ten minutes."""

    def __init__(self, world: World) -> None:
        super().__init__("google_drive", world, SEED)
        self.site.now = world.now
        self.change = next(one for one in deliveries(world, sources=[self.name]) if one.event_type != "sync")

    def hints(self, numbers: range) -> list[Delivery]:
        told = self.change.headers
        return [
            dataclasses.replace(
                self.change,
                delivery_id=f"{told['X-Goog-Channel-ID']}/{number}",
                headers={**told, "X-Goog-Message-Number": str(number)},
            )
            for number in numbers
        ]

    def minutes(self, count: int, while_reading: Callable[[], None] = lambda: None) -> list[int]:
        """How many readings began in each of the next minutes."""
        return [self._minute(while_reading) for _ in range(count)]

    def _minute(self, while_reading: Callable[[], None]) -> int:
        def landing(envelopes: Sequence[Envelope]) -> None:
            self._land(envelopes)
            while_reading()

        self.now += MINUTE
        orders: list[str] = []
        services = self.services(landing) | {"enqueue": lambda body, delay_s: orders.append(body)}
        puller = Puller(**services)
        puller.tick(self.now)
        orders = [body for body in orders if json.loads(body)["stream"] == "file"]  # what files say nobody hints at
        ended = [puller.run(body, lambda: 300_000).ended for body in orders * COPIES]
        assert set(ended) <= {"finished", "skipped"}
        return ended.count("finished")


@pytest.fixture
def drive(world: World) -> Iterator[Drive]:
    """Read to its end a minute ago."""
    print(f"SOPHIA_FAULT_SEEDS={SEED}")
    made = Drive(world)
    assert made.minutes(2) == [1, 0]
    yield made
    made.client.close()


def test_a_thousand_hints_are_one_pull(drive: Drive) -> None:
    sent = drive.hints(range(1_000))
    drive.rng.shuffle(sent)
    for place in range(0, len(sent), 100):
        drive.deliver([*sent[place : place + 100], *drive.rng.sample(sent[: place + 100], 10)])
        drive.now += timedelta(seconds=2)
        drive.consume()

    assert (drive.sent, drive.refused) == (1_100, [])
    assert len({one.event_id for one in drive.landed() if one.stream == "notification"}) == 1_000
    assert drive.minutes(8) == [1, 0, 0, 0, 0, 0, 0, 0]


def test_hints_that_never_end_are_a_pull_a_minute_at_most(drive: Drive) -> None:
    readings = []
    for number in range(6):
        drive.deliver(drive.hints(range(number * 50, (number + 1) * 50)))
        drive.consume()
        readings += drive.minutes(1)

    assert max(readings) == 1 and 3 <= sum(readings) <= 6


def test_what_is_hinted_at_while_a_pull_runs_is_one_more_pull(drive: Drive) -> None:
    unheard = drive.hints(range(100))

    def hear() -> None:
        drive.now += timedelta(seconds=1)
        drive.deliver(unheard)
        unheard.clear()
        drive.consume()

    # Everything anew, as an operator does: then there is something to land.
    Cursors(drive.table, lambda: drive.now).overwrite(drive.name, drive.connection_id, "file", {})

    assert drive.minutes(8, hear) == [1, 1, 0, 0, 0, 0, 0, 0]
    assert unheard == []


def test_an_old_hint_that_is_delivered_again_is_no_pull(drive: Drive) -> None:
    drive.deliver(drive.hints(range(10)))
    messages = list(drive.inbox.messages)
    drive.consume()
    assert sum(drive.minutes(2)) == 1

    drive.inbox.messages = messages
    drive.consume()

    assert drive.minutes(5) == [0, 0, 0, 0, 0]


def test_without_a_hint_the_schedule_alone_decides(drive: Drive) -> None:
    assert drive.minutes(9) == [0, 0, 0, 0, 0, 0, 0, 0, 1]
