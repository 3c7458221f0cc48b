"""Asana's webhooks: one per project, for tasks and stories, and one per workspace, which tells of projects alone.

developers.asana.com, "Webhooks guide": a webhook of a workspace needs filters and carries no tasks. Asana deletes one
whose deliveries failed for 24 hours, so what is missing is made again: `create` makes only what is missing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ..errors import VendorSaysNo
from ..ingest.bodies import typed
from ..ingest.pages import Request
from ..ingest.source import Connection
from ..ingest.subscription import Created, Subscription, Subscriptions, Wanted
from ._asana_listings import Asking, batches, projects, request, workspaces

if TYPE_CHECKING:
    from ..ingest.vendor_http import VendorHttp

_FIELDS = "active,resource,target,created_at,last_success_at,delivery_retry_count,failure_deletion_timestamp"
_OF_A_WORKSPACE = [{"resource_type": "project", "action": action} for action in ("added", "changed", "deleted")]


class _Resource(msgspec.Struct):
    gid: str


class _Hook(msgspec.Struct):
    gid: str
    target: str = ""
    active: bool = True
    resource: _Resource | None = None
    failure_deletion_timestamp: str | None = None


class _Made(msgspec.Struct):
    data: _Hook


_hook = msgspec.json.Decoder(_Hook)
_made = msgspec.json.Decoder(_Made)


def _existing(http: "VendorHttp", connection: Connection) -> Sequence[Subscription]:
    us = _Asking(http, connection)
    found = (batches(us, request("webhooks", _FIELDS, workspace=one)) for one in workspaces(us))
    return [_told(typed(_hook, raw)) for listing in found for batch in listing for raw in batch]


def _create(http: "VendorHttp", connection: Connection, wanted: Wanted) -> Created:
    """Asana sends the secret of each to the address while the request is under way (Webhook.greet stores it)."""
    held = {
        one.detail.get("resource") for one in _existing(http, connection) if one.url == wanted.url and one.is_active
    }
    made = []
    for resource, filters in _resources(_Asking(http, connection)):
        if resource in held:
            continue
        told = {"resource": resource, "target": wanted.url, **({"filters": filters} if filters else {})}
        answer = http.ask(Request("webhooks", "POST", json={"data": told}))
        if answer.ruling.kind != "ok":
            # 403 where the address is on this machine, or did not give the secret back.
            words = " ".join(answer.body[:400].decode(errors="replace").split())
            raise VendorSaysNo(
                f"asana made no webhook for {resource!r} ({answer.status}): is its address open to the internet?", words
            )
        made.append(_told(typed(_made, answer.body).data))
    return Created(made)


def _remove(http: "VendorHttp", connection: Connection, subscription: Subscription) -> None:
    http.ask(Request(f"webhooks/{subscription.id}", "DELETE"))


def _resources(us: Asking) -> Iterator[tuple[str, list[dict[str, str]]]]:
    yield from ((workspace, _OF_A_WORKSPACE) for workspace in workspaces(us))
    yield from ((project, []) for project in projects(us))


def _told(hook: _Hook) -> Subscription:
    detail = {"resource": hook.resource and hook.resource.gid, "deleted_at": hook.failure_deletion_timestamp}
    return Subscription(hook.gid, hook.target, hook.active, detail={name: one for name, one in detail.items() if one})


@dataclass(frozen=True, slots=True)
class _Asking:
    http: "VendorHttp"
    connection: Connection


subscriptions = Subscriptions(_existing, _create, _remove, creates_missing=True)
