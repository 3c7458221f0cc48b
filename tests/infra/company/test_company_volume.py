"""What comes in masses: each record a function of the seed and its number, and such as the vendors tell it."""

import gzip
import json
from collections import Counter

from events.envelope import Envelope, decode
from infra.company.volume import STREAMS, Volume
from infra.company.world import build

WORLD = build(7)


def told(count: int, first: int = 0, total: int = 0) -> list[Envelope]:
    return list(Volume(WORLD, count, first, total).envelopes())


def test_any_stretch_can_be_made_again() -> None:
    whole = told(1000)
    assert told(300, 500, total=1000) == whole[500:800]
    assert len({one.event_id for one in whole}) == 1000
    assert [one.received_at for one in whole] == sorted(one.received_at for one in whole)


def test_the_streams_have_their_shares() -> None:
    counted = Counter((one.source, one.stream) for one in told(1000))
    assert counted == {about: share * 100 for about, share in STREAMS.items()}


def test_objects_hold_every_event_once_under_the_key_of_their_stream_and_day() -> None:
    found = []
    for key, body in Volume(WORLD, 2000).objects():
        lines = [decode(line) for line in gzip.decompress(body).splitlines()]
        about = {(one.source, one.stream, one.received_at.date().isoformat()) for one in lines}
        assert about == {tuple(key.split("/")[1:4])}
        found += lines
    assert sorted(one.event_id for one in found) == sorted(one.event_id for one in told(2000))


def test_what_a_call_cost_is_exact() -> None:
    spent = [json.loads(bytes(one.payload)) for one in told(10) if one.source == "llm_usage"]
    assert [round(one["spend"] * 1_000_000) for one in spent] == [
        2 * one["prompt_tokens"] + 8 * one["completion_tokens"]
        if one["model"].endswith("4.1")
        else one["prompt_tokens"] + 2 * one["completion_tokens"]
        if one["model"].endswith("mini")
        else 3 * one["prompt_tokens"] + 15 * one["completion_tokens"]
        for one in spent
    ]
