"""The calls as LiteLLM's proxy logs them, as OpenRouter's days sum them up, and as Portkey counts them.

docs.litellm.ai, "Spend Tracking" and "UI Logs"; LiteLLM's table LiteLLM_SpendLogs (custom_llm_provider, status,
metadata.usage_object, and metadata.spend_logs_metadata, in which a caller notes what it wants to find again).
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ..chance import Chance
from ..crm import iso_ms
from ..history import Version
from ..llm import AZURE, TASKS, Call, Model, calls
from ..world import World

_API_BASES = {
    "openrouter": "https://openrouter.ai/api/v1",
    "portkey": "https://api.portkey.ai/v1",
    "azure": "https://payready.services.ai.azure.example/models",
    "house": "https://models.payready.example/v1/",
}
_PRICES_LEARNED_AFTER = timedelta(days=3)
"""The proxy's own prices come with its releases: a change reaches them late."""


def spend_logs(world: World) -> Iterator[Version]:
    """One per call, some at the same instant, logged a little after it ended; a streamed one logged as free though it
    was not (BerriAI/litellm#40100)."""
    for call in calls(world):
        yield Version("litellm_spend_log", call.request_id, call.ended_at + timedelta(seconds=20), _logged(world, call))


def _logged(world: World, call: Call) -> dict[str, Any]:
    lost = call.is_usage_lost
    prompt, completion = (0, 0) if lost else (call.prompt, call.completion)
    known = Decimal(0) if lost else call.cost_usd(call.began_at - _PRICES_LEARNED_AFTER) or Decimal(0)
    details: dict[str, Any] = {
        "status": "failure" if call.has_failed else "success",
        "cost_breakdown": {"total_cost": float(known)},
        "usage_object": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "prompt_tokens_details": {"cached_tokens": 0 if lost else call.cached},
            "completion_tokens_details": {"reasoning_tokens": 0 if lost else call.reasoning},
        },
    }
    if call.retry_of:
        details["spend_logs_metadata"] = {"retry_of": call.retry_of}
    return {
        "request_id": call.request_id,
        "call_type": "acompletion",
        "api_key": hashlib.sha256(f"{world.seed}/{TASKS.index(call.task)}".encode()).hexdigest(),
        "spend": 0.0 if call.model is AZURE else float(known),
        "total_tokens": prompt + completion,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "startTime": iso_ms(call.began_at),
        "endTime": iso_ms(call.ended_at),
        "model": f"{call.model.provider}/{call.model.name}",
        "model_group": call.model.name.split("/")[-1],
        "custom_llm_provider": call.model.provider,
        "api_base": _API_BASES[call.model.gateway],
        "user": "default_user",
        "team_id": call.task,
        "end_user": "",
        "request_tags": [f"feature:{call.task}"],
        "cache_hit": str(call.is_cache_hit),
        "status": details["status"],
        "metadata": details,
    }


def activity(world: World, chance: Chance) -> Iterator[Version]:
    """A row per completed day and model; some are booked anew the day after, when a late call came in."""
    by_day: dict[tuple[date, Model], list[Call]] = defaultdict(list)
    for call in calls(world):
        if call.model.gateway == "openrouter" and call.is_billed and call.began_at.date() < world.now.date():
            by_day[call.began_at.date(), call.model].append(call)
    for (day, model), booked in sorted(by_day.items(), key=lambda entry: (entry[0][0], entry[0][1].name)):
        completed_at = datetime.combine(day + timedelta(days=1), time(1), world.now.tzinfo)
        is_late = len(booked) > 1 and chance.happens(0.2)
        first = _day(day, model, booked[:-1] if is_late else booked)
        id_ = f"{first['date']}/{first['endpoint_id']}/{first['model_permaslug']}"
        yield Version("openrouter_activity", id_, completed_at, first)
        if is_late:
            yield Version("openrouter_activity", id_, completed_at + timedelta(hours=11), _day(day, model, booked))


def _day(day: date, model: Model, booked: list[Call]) -> dict[str, Any]:
    permaslug = f"{model.name}-20250514"
    return {
        "date": day.isoformat(),
        "model": model.name,
        "model_permaslug": permaslug,
        "endpoint_id": hashlib.md5(permaslug.encode(), usedforsecurity=False).hexdigest(),
        "provider_name": model.host,
        "usage": float(sum((call.cost_usd() or Decimal(0) for call in booked), Decimal(0))),
        "byok_usage_inference": 0,
        "requests": len(booked),
        "prompt_tokens": sum(call.prompt for call in booked),
        "completion_tokens": sum(call.completion for call in booked),
        "reasoning_tokens": sum(call.reasoning for call in booked),
    }


def portkey(world: World) -> Iterator[Version]:
    """Calls of which Portkey tells totals alone, its cost in cents."""
    for call in calls(world):
        if call.model.gateway == "portkey" and call.is_billed:
            cents = float((call.cost_usd() or Decimal(0)) * 100)
            counted = {"cost_cents": cents, "tokens": call.prompt + call.completion}
            yield Version("call", call.request_id, call.began_at, counted)
