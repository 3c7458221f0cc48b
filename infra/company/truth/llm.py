"""What language models cost, from what was truly called, computed without SQL: by call, day, hour and bill.

A call whose usage the proxy lost is known to us only by an estimate, so here its cost is the estimate too; the bill has
the truth.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from ..chance import company_date
from ..llm import Call, calls, cost
from ..world import World

_ESTIMATED_FROM = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Known:
    """What can be known of a call. cost_usd is None without a price, and for a lost usage that nothing resembles."""

    call: Call
    cost_usd: Decimal | None
    saved_usd: Decimal
    prompt: int
    completion: int
    is_outcome: bool

    @property
    def is_free(self) -> bool:
        price = self.call.model.price_on(self.call.began_at.date())
        return price is not None and price.input == price.output == 0


@dataclass(frozen=True, slots=True)
class Day:
    """Of all calls of a day, or of some. Money and outcomes are those of paid calls alone."""

    requests: int
    outcomes: int
    failed: int
    to_be_paid: int
    paid: int
    paid_outcomes: int
    cost_usd: Decimal
    saved_usd: Decimal
    unreported: int
    used: int
    latency_p95_ms: Decimal | None


def known(world: World) -> list[Known]:
    """Every call so far."""
    made = calls(world)
    repeated = {call.retry_of for call in made if call.retry_of}
    return [_known(call, made, call.request_id in repeated) for call in made]


def days(world: World) -> dict[date, Day]:
    """By business day, those with a call."""
    return {day: summed(some) for day, some in _grouped(world).items()}


def model_days(world: World) -> dict[tuple[date, str], Day]:
    """By business day, and provider and model."""
    found: dict[tuple[date, str], list[Known]] = defaultdict(list)
    for one in known(world):
        found[company_date(one.call.began_at), f"{one.call.model.provider}/{one.call.model.name}"].append(one)
    return {key: summed(some) for key, some in found.items()}


def hours(world: World) -> dict[tuple[datetime, str, str, str], Day]:
    """By UTC hour, provider, model and task."""
    found: dict[tuple[datetime, str, str, str], list[Known]] = defaultdict(list)
    for one in known(world):
        hour = one.call.began_at.replace(minute=0, second=0, microsecond=0, tzinfo=None)
        found[hour, one.call.model.provider, one.call.model.name, one.call.task].append(one)
    return {key: summed(some) for key, some in found.items()}


def bills(world: World) -> dict[tuple[str, date], Decimal]:
    """USD by gateway and first of the month, of the completed UTC days it tells of."""
    found: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    today = world.now.date()
    for call in calls(world):
        day = call.began_at.date()
        since = today - timedelta(days=30) if call.model.gateway == "openrouter" else date.min
        if call.model.gateway in ("openrouter", "portkey") and call.is_billed and since <= day < today:
            found[call.model.gateway, day.replace(day=1)] += call.cost_usd() or 0
    return dict(found)


def summed(some: Iterable[Known]) -> Day:
    told = list(some)
    to_be_paid = [one for one in told if not one.is_free]
    paid = [one for one in to_be_paid if one.cost_usd is not None]
    used = [one for one in told if not one.call.has_failed]
    return Day(
        requests=len(told),
        outcomes=sum(one.is_outcome for one in told),
        failed=sum(one.call.has_failed for one in told),
        to_be_paid=len(to_be_paid),
        paid=len(paid),
        paid_outcomes=sum(one.is_outcome for one in paid),
        cost_usd=sum((one.cost_usd or Decimal(0) for one in paid), Decimal(0)),
        saved_usd=sum((one.saved_usd for one in told), Decimal(0)),
        unreported=sum(one.call.is_usage_lost for one in told),
        used=len(used),
        latency_p95_ms=_percentile(sorted(_latency_ms(one.call) for one in told if one.call.is_billed)),
    )


def _known(call: Call, made: tuple[Call, ...], is_repeated: bool) -> Known:
    prompt, completion = call.prompt, call.completion
    price = call.model.price_on(call.began_at.date())
    spent = call.cost_usd()
    if call.is_usage_lost:
        estimate = _estimated(call, made)
        prompt, completion = estimate or (0, 0)
        spent = cost(price, prompt, completion) if price and estimate else None
    saved = Decimal(0)
    if price and call.is_cache_hit:
        saved = cost(price, prompt, completion)
    elif price and price.cached is not None:
        saved = call.cached * (price.input - price.cached) / 1_000_000
    return Known(call, spent, saved, prompt, completion, not call.has_failed and not is_repeated)


def _estimated(call: Call, made: tuple[Call, ...]) -> tuple[int, int] | None:
    """Tokens of the mean call of its model in the 30 days before."""
    alike = [
        one
        for one in made
        if one.model is call.model
        and one.is_billed
        and not one.is_usage_lost
        and call.began_at - _ESTIMATED_FROM <= one.began_at < call.began_at
    ]
    if not alike:
        return None
    return _mean([one.prompt for one in alike]), _mean([one.completion for one in alike])


def _mean(numbers: list[int]) -> int:
    return int((Decimal(sum(numbers)) / len(numbers)).quantize(Decimal(1), ROUND_HALF_UP))


def _latency_ms(call: Call) -> int:
    return (call.ended_at - call.began_at) // timedelta(milliseconds=1)


def _percentile(ascending: list[int]) -> Decimal | None:
    """The 95th, between two neighbours where it falls between them."""
    if not ascending:
        return None
    place = Decimal("0.95") * (len(ascending) - 1)
    low = int(place)
    high = min(low + 1, len(ascending) - 1)
    return ascending[low] + (ascending[high] - ascending[low]) * (place - low)


def _grouped(world: World) -> dict[date, list[Known]]:
    found: dict[date, list[Known]] = defaultdict(list)
    for one in known(world):
        found[company_date(one.call.began_at)].append(one)
    return found
