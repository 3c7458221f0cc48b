"""LLM gateways' records as far as staging reads them, and samples of what they send.

Money is dollars, but Portkey's graphs are cents. Days are UTC. `webhook__*.json` is the body of one delivery: a budget
alert of LiteLLM's, or a trace of OpenRouter's Broadcast; `pull__<gateway>_*.json` is one answer of a gateway.
"""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class OpenRouterActivity(_Record):
    """One completed day of one model at one provider."""

    date: date
    model: str
    model_permaslug: str
    endpoint_id: str | None = None
    provider_name: str
    workspace_id: str | None = None
    usage: float
    """Dollars."""
    byok_usage_inference: float | None = None
    """Dollars that our own provider account was charged."""
    requests: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int = 0


class OpenRouterKey(_Record):
    hash: str
    name: str
    disabled: bool = False
    limit: float | None = None
    limit_remaining: float | None = None
    limit_reset: str | None = None
    usage: float
    usage_monthly: float | None = None
    created_at: datetime
    updated_at: datetime | None = None


class PortkeySummary(_Record):
    total: float
    """Cents in the graph of cost; tokens, requests in theirs. May come as text."""


class PortkeyGraph(_Record):
    """One graph of one day; which one and which day stand in the entity's id, `2026-11-18/cost`."""

    summary: PortkeySummary


class LiteLlmSpendLog(_Record):
    """One call. request_id has been empty, spend 0 for streamed calls."""

    request_id: str
    spend: float
    """Dollars, as the proxy reckoned it."""
    prompt_tokens: int
    completion_tokens: int
    startTime: datetime
    endTime: datetime | None = None
    model: str
    model_group: str | None = None
    custom_llm_provider: str | None = None
    """Whom the proxy asked; the first part of model says the same, where it has one."""
    api_base: str | None = None
    status: str | None = None
    """success or failure; in metadata alone in older versions."""
    api_key: str
    """A hash of it."""
    user: str | None = None
    team_id: str | None = None
    end_user: str | None = None
    request_tags: tuple[str, ...] | None = None
    cache_hit: str | None = None
    metadata: dict[str, Any] | None = None


class LiteLlmBudgetAlert(_Record):
    """projected_exceeded_date is projected_exceeded_data in older versions."""

    event: str
    event_group: str | None = None
    event_message: str | None = None
    spend: float | None = None
    max_budget: float | None = None
    projected_spend: float | None = None
    projected_exceeded_date: date | None = None
    team_id: str | None = None
    user_id: str | None = None
    user_email: str | None = None
    key_alias: str | None = None
