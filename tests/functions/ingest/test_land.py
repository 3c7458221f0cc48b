"""What lands in the lake, and what becomes of a batch in which something is wrong."""

import gzip
import json
import random
from datetime import UTC, datetime

import msgspec
import pytest
from edge_fakes import NOW, FakeLake

from chalicelib.errors import AwsCallFailed, LakeUnavailable
from chalicelib.ingest import landing
from chalicelib.ingest.land import MAX_OBJECT_BYTES, land
from events.envelope import Envelope, decode, encode, encode_lines


def envelope(event_id: str, stream: str = "message", payload: bytes = b"{}", received_at: datetime = NOW) -> Envelope:
    return Envelope(
        event_id=event_id,
        source="slack",
        stream=stream,
        entity_id="e",
        operation="upsert",
        lane="webhook",
        connection_id="default",
        received_at=received_at,
        payload=msgspec.Raw(payload),
        body_sha256="0" * 64,
        trace_id="t",
        envelope_version=1,
    )


def lines_in(lake: FakeLake) -> list[bytes]:
    return sorted(line for body in lake.objects.values() for line in gzip.decompress(body).splitlines())


class FakeDeadLetters:
    def __init__(self, is_broken: bool = False) -> None:
        self.is_broken = is_broken
        self.reasons: dict[str, str] = {}

    def send(self, body: str, reason: str) -> None:
        if self.is_broken:
            raise AwsCallFailed("no answer", "unreachable")
        self.reasons[body] = reason


def message(*envelopes: Envelope) -> str:
    return encode_lines(envelopes).decode()


def test_an_object_holds_one_source_stream_and_day():
    lake = FakeLake()
    late = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)

    landed = land([envelope("a"), envelope("b", "user"), envelope("c", received_at=late), envelope("d")], lake)

    assert sorted(key.rsplit("/", 1)[0] for key in landed.keys) == [
        "events/slack/message/2026-11-21",
        "events/slack/message/2026-11-22",
        "events/slack/user/2026-11-21",
    ]
    assert landed.envelopes == len(lines_in(lake)) == 4


def test_the_day_is_the_one_in_utc():
    elsewhere = datetime.fromisoformat("2026-11-21T23:30:00-05:00")

    assert "/2026-11-22/" in land([envelope("a", received_at=elsewhere)], FakeLake()).keys[0]


def test_landing_the_same_again_in_another_order_replaces_the_same_bytes():
    envelopes = [envelope(str(number)) for number in range(50)]
    first, second = FakeLake(), FakeLake()
    land(envelopes, first)
    random.Random(1).shuffle(envelopes)
    land(envelopes, second)

    assert first.objects == second.objects


def test_lines_land_as_they_came():
    text = encode(envelope("a", payload=b'{"n":1.50,"s":"\\u00e9"}'))
    lake = FakeLake()

    assert landing.land_messages({"m": text.decode()}, lake, FakeDeadLetters()) == {}
    assert lines_in(lake) == [text]


def test_an_object_holds_at_most_five_megabytes():
    payload = b'"' + b"x" * 900_000 + b'"'
    lake = FakeLake()

    land([envelope(str(number), payload=payload) for number in range(12)], lake)

    sizes = [len(gzip.decompress(body)) for body in lake.objects.values()]
    assert len(sizes) == 3
    assert max(sizes) <= MAX_OBJECT_BYTES


def test_says_when_the_lake_did_not_take_it():
    with pytest.raises(LakeUnavailable):
        land([envelope("a")], FakeLake(broken_part="message"))


def test_a_poison_message_is_buried_with_its_reason_and_its_good_lines_land():
    lake, dead = FakeLake(), FakeDeadLetters()
    poison = message(envelope("a")) + "{}\n"

    failures = landing.land_messages({"1": message(envelope("b")), "2": poison, "3": ""}, lake, dead)

    assert failures == {}
    assert len(lines_in(lake)) == 2
    assert dead.reasons[poison].startswith("not_an_envelope: line 2")
    assert dead.reasons[""].startswith("empty")


@pytest.mark.parametrize("body", ["garbage", "[1]", '{"event_id":"a"}', "\ud800", "[" * 5000, "null"])
def test_garbage_in_a_batch_harms_nobody_else(body):
    lake, dead = FakeLake(), FakeDeadLetters()

    assert landing.land_messages({"1": body, "2": message(envelope("b"))}, lake, dead) == {}
    assert (len(lines_in(lake)), list(dead.reasons)) == (1, [body])


def test_a_poison_message_stays_in_the_queue_when_it_cannot_be_buried():
    failures = landing.land_messages({"1": "garbage"}, FakeLake(), FakeDeadLetters(is_broken=True))

    assert list(failures) == ["1"]


def test_an_object_that_is_not_taken_fails_only_the_messages_in_it():
    lake = FakeLake(broken_part="/user/")
    bodies = {
        "1": message(envelope("a")),
        "2": message(envelope("b", "user")),
        "3": message(envelope("c", "user"), envelope("d")),
    }

    assert sorted(landing.land_messages(bodies, lake, FakeDeadLetters())) == ["2", "3"]
    assert len(lines_in(lake)) == 2


def test_redeems_a_claim_check():
    lake, dead = FakeLake(), FakeDeadLetters()
    lake.objects["claims/x"] = gzip.compress(encode_lines([envelope("a"), envelope("b")]))

    assert landing.land_messages({"1": '{"claim_check":"claims/x"}'}, lake, dead) == {}
    del lake.objects["claims/x"]
    assert [decode(line).event_id for line in lines_in(lake)] == ["a", "b"]
    assert dead.reasons == {}


@pytest.mark.parametrize(
    ("body", "kept", "reason"),
    [
        ('{"claim_check":"claims/lost"}', None, "claim_check_lost"),
        ('{"claim_check":5}', None, "bad_claim_check"),
        ('{"claim_check":"claims/x"}', b"no gzip", "bad_claim_check"),
        ('{"claim_check":"claims/x"}', gzip.compress(b"x" * 999, mtime=0)[:-9], "bad_claim_check"),
    ],
)
def test_a_claim_check_that_cannot_be_redeemed_is_buried(body, kept, reason):
    lake, dead = FakeLake(), FakeDeadLetters()
    if kept:
        lake.objects["claims/x"] = kept

    assert landing.land_messages({"1": body}, lake, dead) == {}
    assert dead.reasons[body].startswith(reason)


def test_a_claim_check_waits_for_a_lake_that_is_away():
    lake = FakeLake(broken_part="claims")

    assert list(landing.land_messages({"1": '{"claim_check":"claims/x"}'}, lake, FakeDeadLetters())) == ["1"]


def test_lambda_hears_which_messages_to_deliver_again_and_the_others_stay_landed():
    lake = FakeLake(broken_part="/user/")
    bodies = {"good": message(envelope("a")), "bad": message(envelope("b", "user"))}

    answer = landing.handle(sqs_event(bodies), None, lake, FakeDeadLetters())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert len(lines_in(lake)) == 1


def test_a_batch_that_fails_whole_raises_so_that_lambda_counts_it():
    with pytest.raises(Exception, match="failed"):
        landing.handle(
            sqs_event({"1": message(envelope("a"))}), None, FakeLake(broken_part="events"), FakeDeadLetters()
        )


def sqs_event(bodies: dict[str, str]) -> dict[str, object]:
    records = [{"messageId": message_id, "body": body, "eventSource": "aws:sqs"} for message_id, body in bodies.items()]
    return json.loads(json.dumps({"Records": records}))


class Watched(FakeLake):
    """Knows how much had been read when it was first written to."""

    reads = 0
    reads_before_first_write = 0

    def get(self, key: str) -> bytes | None:
        self.reads += 1
        return super().get(key)

    def put(self, key: str, body: bytes) -> None:
        self.reads_before_first_write = self.reads_before_first_write or self.reads
        super().put(key, body)


def test_a_batch_larger_than_memory_should_hold_is_written_in_parts():
    lake = Watched()
    payload = b'"' + b"x" * 3_000_000 + b'"'
    bodies = {}
    for number in range(9):
        lake.objects[f"claims/{number}"] = gzip.compress(encode_lines([envelope(str(number), payload=payload)]))
        bodies[str(number)] = f'{{"claim_check":"claims/{number}"}}'

    assert landing.land_messages(bodies, lake, FakeDeadLetters()) == {}
    assert lake.reads_before_first_write < len(bodies)
    assert sum(key.startswith("events/") for key in lake.objects) == 9
