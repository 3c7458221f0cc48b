"""What language models cost, from the gateways the calls go through: OpenRouter, Portkey and LiteLLM.

The webhook lane is LiteLLM's budget alerts and OpenRouter's Broadcast (OTLP traces). Neither is signed: the secret
stands in the address. Facts: docs.litellm.ai, "Alerting / Webhooks"; openrouter.ai/docs, "Broadcast". Odd here:
- an alert bears neither id nor time, and the hash of the key it is about, which is taken out before anything is stored;
- Broadcast tests an address with an empty payload and `X-Test-Connection: true`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import digest, seconds, typed, utf8
from ..ingest.pages import value
from ..ingest.shared_secret import SharedSecret
from ..ingest.source import (
    Answer,
    Census,
    Connection,
    Delivery,
    Event,
    Pull,
    Rate,
    Ruling,
    Source,
    Stream,
    Webhook,
)
from ._llm_usage_gateways import activity, graphs, keys, spend_log, spend_logs

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


class _Body(msgspec.Struct):
    """An alert's event, or the spans of a trace."""

    event: str | None = None
    resource_spans: list[msgspec.Raw] | None = msgspec.field(default=None, name="resourceSpans")


_body = msgspec.json.Decoder(_Body)
_TOKEN = re.compile(rb'("token"\s*:\s*)"(?:[^"\\]|\\.)*"')


def _read(delivery: Delivery) -> Sequence[Event]:
    body = typed(_body, utf8(delivery.body))
    # Nothing else tells two of them apart: an alert that is repeated word for word is the same alert.
    entity_id = digest(delivery.body)
    if body.resource_spans is not None:
        return [Event("openrouter_trace", entity_id, "event", delivery.body)]
    if body.event:
        return [Event("litellm_budget_alert", entity_id, "event", delivery.body)]
    raise Unreadable("unexpected_shape", "neither an alert's event nor a trace's resourceSpans")


def _tested(delivery: Delivery) -> Answer | None:
    return Answer("{}", "application/json") if delivery.headers.get("x-test-connection") == "true" else None


def _redacted(body: bytes) -> bytes:
    return _TOKEN.sub(rb'\1"redacted"', body)


def _judge(response: "Response") -> Ruling:
    status, reason = response.status, f"status_{response.status}"
    if status == 200 and response.body[:40].lstrip().startswith(b'{"error"'):
        # OpenRouter's own errors may come inside a 200.
        code = value(response.body, "error", "code")
        status, reason = (code if isinstance(code, int) else 500), "error_inside"
    if 200 <= status < 300:
        return Ruling("ok")
    if status == 429:
        return Ruling("retry", "rate_limit", seconds(response.headers.get("retry-after")))
    # 524 and 529 are OpenRouter's timeout and overload; 402, no credits, is not to be tried again.
    if status in (408, 500, 502, 503, 504, 524, 529):
        return Ruling("retry", reason)
    return Ruling("refused", "no_credits" if status == 402 else reason)


def _headers(connection: Connection) -> Mapping[str, str]:
    """None: each gateway's key goes with its own questions."""
    return {}


source = Source(
    name="llm_usage",
    title="LLM usage (OpenRouter, Portkey, LiteLLM)",
    webhook=Webhook(
        scheme=SharedSecret("key", at="query"),
        read=_read,
        answer_within_s=1.0,  # none of them says how long it waits
        handshake=_tested,
        redact=_redacted,
    ),
    pull=Pull(
        base_url="https://openrouter.ai/api/v1/",  # Portkey's is https://api.portkey.ai/v1, LiteLLM's is one's own
        headers=_headers,
        judge=_judge,
        # None publishes the limit of these endpoints: modest, and 429 says the rest.
        rates={"": Rate(120, 60.0, burst=10)},
        streams=(
            Stream("openrouter_activity", activity, every=timedelta(hours=6), census=None),
            Stream("openrouter_key", keys, every=timedelta(hours=6), census=Census(is_whole=True)),
            Stream("portkey_graph", graphs, every=timedelta(hours=6), census=None),
            Stream(
                "litellm_spend_log",
                spend_logs,
                every=timedelta(minutes=30),
                census=Census(fetch=spend_log, lag=timedelta(hours=1)),
            ),
        ),
    ),
    by_hand=(
        "LiteLLM: set the environment variable WEBHOOK_URL of the proxy to {url}?key={secret}.",
        'LiteLLM: add alerting: ["webhook"] to general_settings of its config.yaml and restart the proxy.',
        "LiteLLM: GET /health/services?service=webhook sends a test alert.",
        "OpenRouter: Settings, Broadcast, add a destination Webhook with the URL {url}?key={secret}.",
        "OpenRouter: set the sampling rate to 1, privacy mode on, and switch on generation cost and identity.",
    ),
)
