"""Which of the published files in ../shared/fixtures are answers of an API, and which stream asks for each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Answered:
    """One file: path is the question that it answers, the first time; the next answer is the end. records is where its
    records lie in the answer: a file that is one record is put there. beside are the answers to other questions, a
    file's name or a body. options and start_at are the connection's."""

    source: str
    stream: str
    file: str
    path: str
    records: str
    is_one: bool = False
    beside: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    start_at: datetime | None = None


_ASANA: dict[str, Any] = {"is_one": True, "options": {"workspaces": ["1"], "projects": ["12345"]}}
_OPPORTUNITY = "Id AccountId OwnerId Name StageName Amount CloseDate IsClosed IsDeleted SystemModstamp"
_CHANNEL = {"ok": True, "channels": [{"id": "C012AB3CD", "is_member": True}]}
_DESCRIBED = {"fields": [{"name": name, "type": "string"} for name in _OPPORTUNITY.split()]}

ANSWERS = (
    Answered("asana", "task", "asana/schema_example__TaskResponse.json", "tasks", "data", **_ASANA),
    Answered("asana", "project", "asana/schema_example__ProjectResponse.json", "projects", "data", **_ASANA),
    Answered("asana", "user", "asana/schema_example__UserResponse.json", "users", "data", **_ASANA),
    Answered("asana", "event", "asana/schema_example__EventResponse.json", "events", "data", **_ASANA),
    Answered(
        "asana",
        "story",
        "asana/schema_example__StoryResponse.json",
        "tasks/12345/stories",
        "data",
        beside={"tasks": {"data": [{"gid": "12345", "modified_at": "2012-02-22T02:06:58.147Z"}]}},
        **_ASANA,
    ),
    Answered("gong", "call", "gong/SYNTHETIC_calls_extensive.json", "v2/calls/extensive", "calls"),
    Answered("gong", "user", "gong/SYNTHETIC_users.json", "v2/users", "users"),
    Answered(
        "gong",
        "transcript",
        "gong/SYNTHETIC_transcript.json",
        "v2/calls/transcript",
        "callTranscripts",
        beside={"v2/calls": "gong/SYNTHETIC_calls.json"},
    ),
    Answered("hubspot", "company", "hubspot/api__companies_data.json", "crm/v3/objects/companies/search", "results"),
    Answered("hubspot", "contact", "hubspot/api__contacts_data.json", "crm/v3/objects/contacts/search", "results"),
    Answered(
        "hubspot", "contact", "hubspot/api__contacts_with_history.json", "crm/v3/objects/contacts/search", "results"
    ),
    Answered(
        "hubspot",
        "deal",
        "hubspot/api__deals_data.json",
        "crm/v3/objects/deals/batch/read",
        "results",
        beside={"crm/v3/objects/deals/search": "hubspot/api__deals_data.json"},
    ),
    Answered("intercom", "admin", "intercom/api__admins__200.json", "admins", "admins"),
    Answered("intercom", "company", "intercom/api__companies_scroll__200.json", "companies/scroll", "data"),
    Answered("intercom", "company", "intercom/api__companies_list__200.json", "companies/scroll", "data"),
    Answered("intercom", "company", "intercom/api__company__200.json", "companies/scroll", "data", is_one=True),
    Answered("intercom", "contact", "intercom/api__contact__200.json", "contacts/search", "data", is_one=True),
    Answered("intercom", "contact", "intercom/api__contacts_search__200.json", "contacts/search", "data"),
    Answered(
        "intercom",
        "conversation",
        "intercom/api__conversations_search__200.json",
        "conversations/search",
        "conversations",
    ),
    Answered("intercom", "ticket", "intercom/api__tickets_search__200.json", "tickets/search", "tickets"),
    Answered(
        "intercom",
        "conversation_part",
        "intercom/api__conversation__200.json",
        "conversations/515",
        "conversation_parts.conversation_parts",
        beside={"conversations/search": "intercom/api__conversations_search__200.json"},
    ),
    Answered(
        "llm_usage",
        "litellm_spend_log",
        "litellm/spend_log_row.json",
        "spend/logs",
        "",
        is_one=True,
        options={"gateway": "litellm"},
    ),
    Answered(
        "llm_usage",
        "openrouter_activity",
        "openrouter/activity.json",
        "activity",
        "data",
        options={"gateway": "openrouter"},
    ),
    Answered("llm_usage", "openrouter_key", "openrouter/keys.json", "keys", "data", options={"gateway": "openrouter"}),
    Answered("notion", "page", "notion/api_page_response.json", "search", "results", is_one=True),
    Answered(
        "salesforce",
        "opportunity",
        "salesforce/SYNTHETIC_query_page.json",
        "services/data/v[0-9.]+/queryAll",
        "records",
        beside={"services/data/v[0-9.]+/sobjects/Opportunity/describe": _DESCRIBED},
        start_at=NOW,  # a longer past is counted first
    ),
    *(
        Answered("slack", stream, f"slack/{kind}__{method}.json", method, records)
        for kind in ("example", "skeleton")
        for stream, method, records in (
            ("channel", "conversations.list", "channels"),
            ("user", "users.list", "members"),
        )
    ),
    Answered(
        "slack",
        "message",
        "slack/example__conversations.history.json",
        "conversations.history",
        "messages",
        beside={"conversations.list": _CHANNEL},
    ),
    Answered(
        "slack",
        "message",
        "slack/example__conversations.replies.json",
        "conversations.replies",
        "messages",
        beside={"conversations.list": _CHANNEL, "conversations.history": "slack/example__conversations.replies.json"},
    ),
)

REFUSALS = (
    ("gong", "gong/SYNTHETIC_empty_404.json", 404, "empty"),
    ("intercom", "intercom/api__contacts_search__401.json", 401, "refused"),
    ("salesforce", "salesforce/SYNTHETIC_error_limit.json", 403, "retry"),
    ("slack", "slack/example_error__conversations.history.json", 200, "skip"),
    ("slack", "slack/example_error__users.list.json", 200, "skip"),
)
