"""Which of the published files in ../shared/fixtures are deliveries, and which are read by nobody, with the reason.

Nothing of them is in this repository: tests over them run where they lie beside it.
"""

from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "shared" / "fixtures"

PAYLOADS = {
    "asana": "asana/*__EventResponse.json",
    "elevenlabs": "synthetic/elevenlabs_*.json",
    "figma": "synthetic/figma_*.json",
    "github": "github/*.json",
    "gong": "gong/*_webhook.json",
    "google_drive": "google_drive/push_*.json",
    "hubspot": "hubspot/webhook__*.json",
    "linear": "linear/webhook__*.json",
    "llm_usage": "synthetic/litellm_*.json",
    "notion": "notion/*ed.json",
    "outlook": "synthetic/graph_*.json",
    "phantombuster": "synthetic/phantombuster_*.json",
    "sharepoint": "synthetic/graph_*.json",
    "slack": "slack/events__*.json",
    "vercel": "vercel/*.json",
}
"""The deliveries by source. Of the other sources none are published; Notion's introduction has a test of its own."""

_NOT_ASKED = "the answer to a question that no stream asks"
_OUTGOING = "what others answer to us, or are sent by us"
LEFT_OUT = {
    "hubspot/api__contacts_properties.json": "the names of properties: a part of a question",
    "hubspot/api__products_data.json": _NOT_ASKED,
    "hubspot/api__quotes_data.json": _NOT_ASKED,
    "hubspot/api__tickets_data.json": _NOT_ASKED,
    "litellm/global_spend_report_api_key.json": "sums of what the spend logs tell call by call",
    "litellm/global_spend_report_group_by_team.json": "sums of what the spend logs tell call by call",
    "litellm/user_daily_activity_response.json": "sums of what the spend logs tell call by call",
    "openrouter/analytics_meta.json": _NOT_ASKED,
    "openrouter/analytics_query_response.json": _NOT_ASKED,
    "openrouter/chat_usage_object.json": "a piece of the answer to a call of a model",
    "openrouter/credits.json": _NOT_ASKED,
    "openrouter/generation.json": _NOT_ASKED,
    "openrouter/key.json": _NOT_ASKED,
    "openrouter/observability_snowflake_destination.json": "where OpenRouter sends traces: set up in its screens",
    "openrouter/observability_webhook_destination.json": "where OpenRouter sends traces: set up in its screens",
    "salesforce/SYNTHETIC_cdc_opportunity_update.json": "of the streaming API, to which nobody here is connected",
    "slack/example__auth.test.json": _NOT_ASKED,
    "slack/example__conversations.info.json": _NOT_ASKED,
    "slack/example__conversations.members.json": _NOT_ASKED,
    "slack/example__team.info.json": _NOT_ASKED,
    "slack/example__users.info.json": _NOT_ASKED,
    "slack/skeleton__auth.test.json": _NOT_ASKED,
    "slack/skeleton__conversations.info.json": _NOT_ASKED,
    "slack/skeleton__conversations.members.json": _NOT_ASKED,
    "slack/skeleton__team.info.json": _NOT_ASKED,
    "slack/skeleton__usergroups.list.json": _NOT_ASKED,
    "slack/skeleton__users.info.json": _NOT_ASKED,
    "slack/skeleton__users.lookupByEmail.json": _NOT_ASKED,
    "slack_output/chat_postMessage_200.json": _OUTGOING,
    "slack_output/chat_postMessage_error.json": _OUTGOING,
    "synthetic/apollo_webhook_result_pending.json": "Apollo's answer to who polls for what its callback brings",
    "synthetic/snowflake_pagerduty_body.json": _OUTGOING,
}


def files(source: str) -> list[Path]:
    """The deliveries published of a source."""
    return sorted(FIXTURES.glob(PAYLOADS[source]))
