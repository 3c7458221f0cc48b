"""What Pay Ready asked of language models: single calls with what they truly used and cost, whoever logged them how.

Every call goes through the company's LiteLLM proxy, and on to OpenRouter, Portkey, Azure or a model of the house's own.
The first two send bills; nobody prices the house's model, and one model is free.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from .chance import Chance
from .signing import hexadecimal
from .world import World

DAYS = 70
"""How long ago the company began with language models."""
TASKS = ("collections-agent", "resident-chat", "analytics")
Gateway = Literal["openrouter", "portkey", "azure", "house"]


@dataclass(frozen=True, slots=True)
class Price:
    """USD for a million tokens from a UTC day on. None: as uncached input, as output. Seed llm_price_book.csv knows the
    same."""

    valid_from: date
    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    reasoning: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """prices is None where nobody knows any. provider is LiteLLM's word for whom it asks, host who computes."""

    gateway: Gateway
    provider: str
    name: str
    host: str
    prices: tuple[Price, ...] | None

    def price_on(self, day: date) -> Price | None:
        return [one for one in self.prices if one.valid_from <= day][-1] if self.prices else None


def _price(valid_from: date, *usd: str | None) -> Price:
    return Price(valid_from, *(None if one is None else Decimal(one) for one in usd))  # type: ignore[arg-type]


_FROM_THE_START, CUT_ON = date(2025, 1, 1), date(2026, 10, 14)
CLAUDE = Model(
    "openrouter",
    "openrouter",
    "anthropic/claude-sonnet-4",
    "Anthropic",
    (_price(_FROM_THE_START, "3", "15", "0.3"),),
)
GPT = Model(
    "openrouter",
    "openrouter",
    "openai/gpt-4.1",
    "OpenAI",
    (_price(_FROM_THE_START, "2", "8", "0.5"), _price(CUT_ON, "1.6", "6.4", "0.4")),
)
LLAMA = Model(
    "openrouter",
    "openrouter",
    "meta-llama/llama-3.3-70b-instruct:free",
    "DeepInfra",
    (_price(_FROM_THE_START, "0", "0"),),
)
SONAR = Model(
    "openrouter",
    "openrouter",
    "perplexity/sonar-deep-research",
    "Perplexity",
    (_price(_FROM_THE_START, "2", "8", None, "3"),),
)
MINI = Model("portkey", "openai", "gpt-4.1-mini", "OpenAI", (_price(_FROM_THE_START, "0.4", "1.6"),))
AZURE = Model("azure", "azure_ai", "gpt-4.1", "Azure", (_price(_FROM_THE_START, "2", "8", "0.5"),))
OWN = Model("house", "hosted_vllm", "lease-summarizer", "Pay Ready", None)
MODELS = (CLAUDE, GPT, LLAMA, SONAR, MINI, AZURE, OWN)
_WEIGHTS = (26, 24, 8, 6, 22, 9, 5)


@dataclass(frozen=True, slots=True)
class Call:
    """prompt includes cached, completion includes reasoning. A failed call used nothing, and one answered from the
    proxy's cache reached no model, though its tokens are logged."""

    request_id: str
    model: Model
    task: str
    began_at: datetime
    ended_at: datetime
    prompt: int
    completion: int
    cached: int = 0
    reasoning: int = 0
    has_failed: bool = False
    is_cache_hit: bool = False
    is_usage_lost: bool = False
    """The model's answer was streamed without its usage: the proxy logs no tokens, the bill has them."""
    retry_of: str | None = None

    @property
    def is_billed(self) -> bool:
        return not self.has_failed and not self.is_cache_hit

    def cost_usd(self, priced_at: datetime | None = None) -> Decimal | None:
        """What whoever bills it takes, at the prices of then; None without a price."""
        price = self.model.price_on((priced_at or self.began_at).date())
        if price is None:
            return None
        return cost(price, self.prompt, self.completion, self.cached, self.reasoning) if self.is_billed else Decimal(0)


def cost(price: Price, prompt: int, completion: int, cached: int = 0, reasoning: int = 0) -> Decimal:
    """USD of so many tokens."""
    at_cached = price.input if price.cached is None else price.cached
    at_reasoning = price.output if price.reasoning is None else price.reasoning
    total = (prompt - cached) * price.input + cached * at_cached
    return (total + (completion - reasoning) * price.output + reasoning * at_reasoning) / 1_000_000


@functools.lru_cache(maxsize=4)
def calls(world: World) -> tuple[Call, ...]:
    """All up to the world's now, oldest first; every day OpenRouter bills one at least."""
    chance, made = Chance(world.seed, "llm"), list[Call]()
    for number in range(DAYS, -1, -1):
        day = (world.now - timedelta(days=number)).date()
        count = chance.randint(4, 8) if day.weekday() < 5 else chance.randint(1, 3)
        for place in range(count):
            began_at = datetime.combine(day, time(), world.now.tzinfo) + timedelta(seconds=chance.randint(0, 86_000))
            if place and made and chance.happens(0.05):
                began_at = made[-1].began_at
            model = chance.choices(MODELS, _WEIGHTS)[0] if place else chance.choice((CLAUDE, GPT))
            made += _attempts(chance, model, began_at, is_sound=place == 0)
    known = [call for call in made if call.ended_at < world.now - timedelta(minutes=2)]
    known.sort(key=lambda call: (call.began_at, call.request_id))
    lost = {call.request_id for call in [one for one in known if one.model is MINI and one.is_billed][7::8]}
    return tuple(replace(call, is_usage_lost=call.request_id in lost) for call in known)


def _attempts(chance: Chance, model: Model, began_at: datetime, is_sound: bool) -> Iterator[Call]:
    """One call, or a call that was of no use and those that repeat it."""
    task, retry_of = chance.choice(TASKS), None
    while True:
        call = _call(chance, model, task, began_at, retry_of, is_sound)
        yield call
        if not call.has_failed and not chance.happens(0.06):
            return
        began_at = call.ended_at + timedelta(seconds=chance.randint(1, 40))
        retry_of = call.request_id


def _call(chance: Chance, model: Model, task: str, began_at: datetime, retry_of: str | None, is_sound: bool) -> Call:
    ended_at = began_at + timedelta(milliseconds=chance.randint(400, 9_000))
    # What goes through Portkey is one short prompt for all: what was lost of it can be told from the rest.
    prompts, completions = ((1_140, 1_260), (215, 235)) if model is MINI else ((800, 1_600), (150, 300))
    prompt, completion = chance.randint(*prompts), chance.randint(*completions)
    is_cache_hit = not is_sound and retry_of is None and chance.happens(0.05)
    has_failed = not is_sound and not is_cache_hit and chance.happens(0.04)
    has_cache = model.prices is not None and model.prices[0].cached is not None
    cached = prompt // chance.randint(2, 4) if has_cache and chance.happens(0.3) else 0
    is_served = not has_failed and not is_cache_hit
    return Call(
        request_id=f"chatcmpl-{hexadecimal(chance, 24)}",
        model=model,
        task=task,
        began_at=began_at,
        ended_at=ended_at,
        prompt=0 if has_failed else prompt,
        completion=0 if has_failed else completion,
        cached=cached if is_served else 0,
        reasoning=completion // 2 if model is SONAR and is_served else 0,
        has_failed=has_failed,
        is_cache_hit=is_cache_hit,
        retry_of=retry_of,
    )
