"""Pay Ready's language models: what LiteLLM's proxy alerts about budgets, and what every gateway has to tell of spend.

docs.litellm.ai, "Alerting / Webhooks": alerts are not signed and bear neither an id nor a time. The proxy was given an
address with a secret in it.
"""

import hashlib
import random
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from ..chance import Chance
from ..delivery import Delivery, to_json
from ..history import History, Version, once_per_world
from ..signing import hexadecimal
from ..vendor import Outgoing
from ..world import World

DAYS = 45
"""How long ago the company began with language models."""
_MODELS = (
    ("openai/gpt-4.1", "openai/gpt-4.1-2025-04-14", "OpenAI", 8.0),
    ("anthropic/claude-sonnet-4", "anthropic/claude-4-sonnet-20250522", "Anthropic", 15.0),
    ("meta-llama/llama-3.3-70b-instruct", "meta-llama/llama-3.3-70b-instruct", "DeepInfra", 0.4),
)
_TEAMS = ("collections-agent", "resident-chat", "analytics")


@once_per_world
def history(world: World) -> History:
    """OpenRouter's days and keys, LiteLLM's calls. Portkey's calls, of which only totals are told, are in `call`."""
    chance = Chance(world.seed, "llm_usage")
    return History([*_days(world, chance), *_keys(world, chance), *_calls(world, chance), *_portkey(world, chance)])


def _days(world: World, chance: Chance) -> Iterator[Version]:
    """A row per completed day and model; some are booked anew the day after, when late calls came in."""
    for number in range(DAYS, 0, -1):
        day = (world.now - timedelta(days=number)).date()
        for model, permaslug, provider, price in _MODELS[: 2 + number % 2]:
            requests = chance.randint(20, 400)
            row: dict[str, Any] = {
                "date": day.isoformat(),
                "model": model,
                "model_permaslug": permaslug,
                "endpoint_id": hashlib.md5(permaslug.encode(), usedforsecurity=False).hexdigest(),
                "provider_name": provider,
                "usage": round(requests * 700 * price / 1e6, 6),
                "byok_usage_inference": 0,
                "requests": requests,
                "prompt_tokens": requests * 600,
                "completion_tokens": requests * 100,
                "reasoning_tokens": requests * 20,
            }
            id_ = f"{row['date']}/{row['endpoint_id']}/{permaslug}"
            completed_at = datetime.combine(day + timedelta(days=1), time(1), world.now.tzinfo)
            yield Version("openrouter_activity", id_, completed_at, row)
            if chance.happens(0.1):
                late = {**row, "requests": requests + 3, "usage": round(row["usage"] * 1.01, 6)}
                yield Version("openrouter_activity", id_, completed_at + timedelta(hours=11), late)


def _keys(world: World, chance: Chance) -> Iterator[Version]:
    """A key per team; one is disabled, one removed."""
    for number, team in enumerate((*_TEAMS, "trial")):
        made_at = world.now - timedelta(days=DAYS - number, milliseconds=chance.randint(0, 9_000_000))
        key: dict[str, Any] = {
            "hash": hexadecimal(chance, 64),
            "name": team,
            "label": f"sk-or-v1-{hexadecimal(chance, 3)}...{hexadecimal(chance, 3)}",
            "disabled": False,
            "limit": 200,
            "limit_remaining": 200,
            "limit_reset": "monthly",
            "usage": 0,
            "usage_daily": 0,
            "usage_weekly": 0,
            "usage_monthly": 0,
            "created_at": _iso(made_at),
            "updated_at": _iso(made_at),
        }
        yield Version("openrouter_key", key["hash"], made_at, key)
        if number == 1:
            off_at = world.now - timedelta(days=3)
            yield Version("openrouter_key", key["hash"], off_at, {**key, "disabled": True, "updated_at": _iso(off_at)})
        if team == "trial":
            yield Version("openrouter_key", key["hash"], world.now - timedelta(days=20), None)


def _calls(world: World, chance: Chance) -> Iterator[Version]:
    """Calls through LiteLLM, some at the same instant, logged a little after they ended; a streamed one logged as free
    though it was not (BerriAI/litellm#40100)."""
    for number in range(120):
        began_at = world.now - timedelta(days=DAYS * (120 - number) / 121)
        began_at = began_at.replace(microsecond=0) if number % 5 else began_at.replace(microsecond=0, second=0)
        ended_at = began_at + timedelta(milliseconds=chance.randint(400, 9_000))
        prompt, completion = chance.randint(200, 4_000), chance.randint(20, 900)
        cost = round(prompt * 2e-6 + completion * 8e-6, 8)
        is_streamed = number % 17 == 0
        row: dict[str, Any] = {
            "request_id": f"chatcmpl-{hexadecimal(chance, 24)}",
            "call_type": "acompletion",
            "api_key": hashlib.sha256(f"{world.seed}/{number % 3}".encode()).hexdigest(),
            "spend": 0.0 if is_streamed else cost,
            "total_tokens": prompt + completion,
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "startTime": _iso(began_at),
            "endTime": _iso(ended_at),
            "model": "azure_ai/gpt-4.1" if is_streamed else "openai/gpt-4.1",
            "model_group": "gpt-4.1",
            "api_base": "https://models.payready.example/v1/",
            "user": "default_user",
            "team_id": _TEAMS[number % 3],
            "end_user": "",
            "request_tags": [f"feature:{_TEAMS[number % 3]}"],
            "cache_hit": "False",
            "metadata": {"cost_breakdown": {"total_cost": cost}},
        }
        yield Version("litellm_spend_log", row["request_id"], ended_at + timedelta(seconds=20), row)


def _portkey(world: World, chance: Chance) -> Iterator[Version]:
    """The nightly batch: calls in the hours before this time of day, every day but today."""
    for number in range(DAYS, 0, -1):
        for _ in range(chance.randint(1, 4)):
            at = world.now - timedelta(days=number, seconds=chance.randint(60, 7_200))
            call = {"cost_cents": round(chance.uniform(0.5, 60), 4), "tokens": chance.randint(500, 40_000)}
            yield Version("call", hexadecimal(chance, 16), at, call)


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """What the proxy alerted: thresholds, then crossed budgets."""
    made = []
    for number in range(24):
        at = world.hooks_since + (world.now - world.hooks_since) * number / 24 + timedelta(seconds=number)
        crossed = number % 3 == 2
        spend = round(40 + number * 2.5 + chance.random(), 4)
        alert = {
            "spend": spend,
            "max_budget": 50.0 if crossed else 120.0,
            "token": hashlib.sha256(f"{world.seed}/{number % 3}".encode()).hexdigest(),
            "customer_id": None,
            "user_id": "default_user",
            "team_id": _TEAMS[number % 3],
            "user_email": world.staff[number % len(world.staff)].email,
            "key_alias": f"{_TEAMS[number % 3]}-prod",
            "projected_exceeded_date": None if crossed else (at + timedelta(days=9)).date().isoformat(),
            "projected_spend": None if crossed else round(spend * 3, 2),
            "event": "budget_crossed" if crossed else ("threshold_crossed", "projected_limit_exceeded")[number % 2],
            "event_group": "team",
            "event_message": "Team Budget: Budget Crossed" if crossed else "Team Budget: Threshold Crossed",
        }
        body = to_json(alert)
        digest = hashlib.sha256(body).hexdigest()
        event = ("litellm_budget_alert", digest)
        made.append(Delivery("llm_usage", "litellm_budget_alert", body, digest, at, (event,), is_repairable=False))
    return made


def address(url: str, keys: Mapping[str, Any]) -> str:
    return f"{url}?key={keys['signing_secret']}"


def sign(outgoing: Outgoing) -> dict[str, str]:
    """Nothing: the address is the proof."""
    return {}


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """A secret for the address, and a key for every gateway."""
    secret = hexadecimal(rng, 40)
    asked = {
        "openrouter_key": f"sk-or-v1-{hexadecimal(rng, 64)}",
        "portkey_key": hexadecimal(rng, 28),
        "litellm_key": f"sk-{hexadecimal(rng, 22)}",
    }
    return {"signing_secrets": [secret], **asked}, {"signing_secret": secret}


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
