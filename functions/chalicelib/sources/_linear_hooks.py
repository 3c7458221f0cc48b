"""Linear's webhooks, made and removed through its GraphQL API. They do not expire.

webhookCreate takes the secret we propose; simstudioai/sim, apps/sim/lib/webhooks/providers/linear.ts. A webhook covers
all public teams, or one team: option team_id, which private teams need.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import VendorSaysNo
from ..ingest.bodies import typed
from ..ingest.pages import Request, items, value
from ..ingest.source import Connection
from ..ingest.subscription import Created, Subscription, Subscriptions, Wanted

if TYPE_CHECKING:
    from ..ingest.vendor_http import VendorHttp

_TYPES = (  # all that both lanes tell, and what webhooks alone do
    "Issue Comment IssueLabel Project ProjectUpdate Cycle Initiative InitiativeUpdate Customer CustomerNeed Document "
    "Attachment Reaction User IssueSLA"
)


class _Webhook(msgspec.Struct):
    id: str
    url: str | None = None
    enabled: bool = True


_webhook = msgspec.json.Decoder(_Webhook)


def _ask(http: "VendorHttp", query: str, **variables: Any) -> bytes:
    return http.ask(Request("graphql", "POST", json={"query": query, "variables": variables})).body


def _existing(http: "VendorHttp", connection: Connection) -> Sequence[Subscription]:
    answer = _ask(http, "query { webhooks(first: 250) { nodes { id url enabled } } }")
    found = [typed(_webhook, raw) for raw in items(answer, "data", "webhooks", "nodes")]
    return [Subscription(one.id, one.url or "", is_active=one.enabled) for one in found]


def _create(http: "VendorHttp", connection: Connection, wanted: Wanted) -> Created:
    team_id = connection.options.get("team_id")
    scope = {"teamId": team_id} if team_id else {"allPublicTeams": True}
    asked = {"url": wanted.url, "secret": wanted.secret, "enabled": True, "resourceTypes": _TYPES.split(), **scope}
    query = (
        "mutation($input: WebhookCreateInput!) { webhookCreate(input: $input) { success webhook { id url enabled } } }"
    )
    made = value(_ask(http, query, input=asked), "data", "webhookCreate") or {}
    if not made.get("success") or not made.get("webhook"):
        raise VendorSaysNo("linear made no webhook: the API key must belong to an admin", words=str(made)[:400])
    one = made["webhook"]
    return Created([Subscription(one["id"], one.get("url") or wanted.url, one.get("enabled", True))], [wanted.secret])


def _remove(http: "VendorHttp", connection: Connection, subscription: Subscription) -> None:
    _ask(http, "mutation($id: String!) { webhookDelete(id: $id) { success } }", id=subscription.id)


SUBSCRIPTIONS = Subscriptions(existing=_existing, create=_create, remove=_remove)
