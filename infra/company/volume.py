"""What comes in masses: resident payments, calls of language models, messages. Streamed: memory stays flat.

The rest of the company stays as small as it is; in life too it is these streams that grow. Each record is a function of
the seed and its number alone, so that any stretch of them can be made again, and its truth counted.
"""

import gzip
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from events import keys
from events.envelope import Envelope, encode_lines, event_id

from .chance import Chance
from .credentials import CONNECTION_ID
from .grammar import chatter
from .world import World

SIZES = {"small": 0, "medium": 100_000, "large": 5_000_000}
"""Events beside those of the company's tools, by the name of the size."""
STREAMS = {("custom", "payment"): 5, ("llm_usage", "litellm_spend_log"): 3, ("slack", "message"): 2}
"""Of ten events, how many are of which source and stream."""
_MODELS = (("openai/gpt-4.1", 2, 8), ("openai/gpt-4.1-mini", 1, 2), ("anthropic/claude-sonnet-4-5", 3, 15))
"""Name, and dollars for a million tokens in and out."""
_OBJECT_EVENTS = 50_000
_TURN = [about for about, share in STREAMS.items() for _ in range(share)]


@dataclass(frozen=True)
class Volume:
    """So many events, the first of them `first`, spread evenly over the world's history."""

    world: World
    count: int
    first: int = 0
    total: int = 0
    """Over how many the history is spread: count, where it is 0."""

    def envelopes(self) -> Iterator[Envelope]:
        """In the order in which they happened."""
        companies = [one.id for one in self.world.market.companies if not one.merged_into]
        channels = [one.channel_id for one in self.world.workspace.channels if one.is_member]
        people = [one.slack_id for one in self.world.staff]
        chance = Chance(self.world.seed, "volume")
        said = [chatter(chance, "RentFlow" if number % 97 == 0 else None) for number in range(997)]
        for number in range(self.first, self.first + self.count):
            at = self._at(number)
            match _TURN[number % 10][0]:
                case "custom":
                    yield _payment(number, at, companies[number % len(companies)])
                case "llm_usage":
                    yield _model_call(number, at)
                case _:
                    channel, user = channels[number % len(channels)], people[number % len(people)]
                    yield _message(number, at, channel, user, said[number % len(said)])

    def objects(self) -> Iterator[tuple[str, bytes]]:
        """Keys of the lake and what lies there: gzip NDJSON, one stream and day each."""
        held: dict[tuple[str, str], list[Envelope]] = {}
        for one in self.envelopes():
            lines = held.setdefault((one.source, one.stream), [])
            if lines and (len(lines) == _OBJECT_EVENTS or lines[0].received_at.date() != one.received_at.date()):
                yield _object(lines)
                lines = held[one.source, one.stream] = []
            lines.append(one)
        yield from (_object(lines) for lines in held.values())

    def _at(self, number: int) -> datetime:
        span = self.world.now - self.world.started_at
        share = Decimal(number) / (self.total or self.count + self.first)
        return self.world.started_at + timedelta(milliseconds=int(span / timedelta(milliseconds=1) * float(share)))


def _object(lines: list[Envelope]) -> tuple[str, bytes]:
    first = lines[0]
    key = keys.events_object(first.source, first.stream, first.received_at.date(), [one.event_id for one in lines])
    return key, gzip.compress(encode_lines(lines), compresslevel=1, mtime=0)


def _payment(number: int, at: datetime, company_id: str) -> Envelope:
    """A resident's rent, as Pay Ready's own service tells it by Standard Webhooks."""
    told = {
        "type": "payment.succeeded",
        "timestamp": _iso(at),
        "data": {
            "id": f"pay_v{number}",
            "invoice_id": None,
            "customer_id": company_id,
            "amount_cents": 90_000 + random.Random(number).randrange(180_000),
            "currency": "usd",
            "method": ("ach", "card", "ach", "check")[number % 4],
            "status": "succeeded",
            "failure_reason": None,
        },
    }
    return _envelope("custom", "payment", f"pay_v{number}", "webhook", at, told)


def _model_call(number: int, at: datetime) -> Envelope:
    """A line of the gateway's spend log; its spend is exact for the prices above."""
    model, price_in, price_out = _MODELS[number % len(_MODELS)]
    tokens_in, tokens_out = 200 + number % 1800, 50 + number % 700
    told = {
        "request_id": f"chatcmpl-v{number}",
        "call_type": "acompletion",
        "api_key": "7d3f0e5b92aa4c1186d0b35c4cf2f5f0",
        "spend": (tokens_in * price_in + tokens_out * price_out) / 1_000_000,
        "total_tokens": tokens_in + tokens_out,
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "startTime": _iso(at),
        "endTime": _iso(at + timedelta(seconds=1 + number % 9)),
        "model": model,
        "model_group": model.split("/")[1],
        "team_id": ("resident-chat", "collections", "search")[number % 3],
        "end_user": "",
        "cache_hit": "True" if number % 11 == 0 else "False",
    }
    return _envelope("llm_usage", "litellm_spend_log", f"chatcmpl-v{number}", "pull", at, told)


def _message(number: int, at: datetime, channel_id: str, user_id: str, text: str) -> Envelope:
    """A message as conversations.history lists it."""
    ts = f"{int(at.timestamp())}.{number % 1_000_000:06d}"
    told = {"type": "message", "user": user_id, "ts": ts, "text": text, "blocks": []}
    return _envelope("slack", "message", f"{channel_id}/{ts}", "pull", at, told)


def _envelope(
    source: str, stream: str, entity_id: str, lane: str, at: datetime, told: Mapping[str, object]
) -> Envelope:
    payload = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
    return Envelope(
        event_id=event_id(source, CONNECTION_ID, stream, entity_id),
        source=source,
        stream=stream,
        entity_id=entity_id,
        operation="upsert",
        lane=lane,  # type: ignore[arg-type]
        connection_id=CONNECTION_ID,
        received_at=at + timedelta(seconds=2),
        payload=msgspec.Raw(payload),
        body_sha256="0" * 64,
        trace_id="volume",
        envelope_version=1,
        occurred_at=at,
        source_updated_at=at,
    )


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
