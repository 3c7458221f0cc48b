"""What must be in staging at the end: per source and stream, each entity that either lane told, and its last state.

Streams and ids are those of our envelopes. Streams of facts that never change (pushes, reactions…) are not here: the
sender's ledger counts them. Workflow runs are left out too: how far back they are pulled is the puller's choice.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from . import codebase, vendors
from .crm import Record
from .history import Last
from .pipeline import PARTNERS_ID, PIPELINE_ID
from .world import World

Entities = dict[tuple[str, str], dict[str, Last]]
_Told = Iterator[tuple[str, str, Last]]


def entities(world: World, at: datetime | None = None, sources: Iterable[str] | None = None) -> Entities:
    """Of these sources or of all, given that every loss was repaired. What was gone before the hooks were set up nobody
    told us."""
    known_at = at or world.now
    found: Entities = {}
    for vendor in vendors.every(sources):
        for stream, entity_id, last in vendor.entities(world, known_at):
            found.setdefault((vendor.name, stream), {})[entity_id] = last
    return found


def slack(world: World, at: datetime) -> _Told:
    workspace = world.workspace
    heard = {channel.channel_id for channel in workspace.channels if channel.is_member}
    for channel in workspace.channels:
        if channel.created_at <= at:
            is_archived = bool(channel.archived_at and channel.archived_at <= at)
            yield "channel", channel.channel_id, Last(state={"name": channel.name(at), "is_archived": is_archived})
    for message in workspace.messages:
        entity_id = f"{message.channel_id}/{message.ts}"
        if message.channel_id not in heard or message.at > at:
            continue
        if message.is_live(at):
            yield "message", entity_id, Last(state={"text": message.text_at(at)})
        elif message.deleted_at and message.deleted_at >= world.hooks_since:
            yield "message", entity_id, Last(is_deleted=True)
    for employee in world.staff:
        has_left = bool(employee.left_at and employee.left_at <= at)
        yield "user", employee.slack_id, Last(state={"real_name": employee.name, "deleted": has_left})
    yield "user", workspace.bot_user_id, Last(state={"real_name": "Sophia", "deleted": False})


def github(world: World, at: datetime) -> _Told:
    workshop = world.workshop
    for repository in workshop.repositories:
        yield "repository", str(repository.number), Last(state={"full_name": repository.full_name})
    for pull in workshop.pull_requests:
        if pull.opened_at <= at:
            is_closed = bool(pull.closed_at and pull.closed_at <= at)
            is_merged = bool(pull.merged_at and pull.merged_at <= at)
            state = {"state": "closed" if is_closed else "open", "is_merged": is_merged}
            yield "pull_request", str(pull.id), Last(state=state)
        for review in pull.reviews:
            if review.at <= at:
                yield "pull_request_review", str(review.id), Last(state={"state": review.state.lower()})
    for issue in workshop.issues:
        if issue.opened_at <= at:
            yield from _issue(issue, world, at)
    for deployment in workshop.deployments:
        if deployment.at <= at:
            yield "deployment", str(deployment.id), Last()
        for number, when, state_name in deployment.statuses:
            if when <= at:
                yield "deployment_status", str(number), Last(state={"state": state_name})
    for release in workshop.releases:
        if release.at <= at:
            yield "release", str(release.id), Last(state={"tag_name": release.tag})
    for file in codebase.history(world).living(at, codebase.CODE):
        yield "code_file", file.id, Last(state={"sha": (file.record or {})["sha"]})


def _issue(issue: Any, world: World, at: datetime) -> _Told:
    is_gone = bool(issue.deleted_at and issue.deleted_at <= at)
    if not is_gone or issue.deleted_at >= world.hooks_since:
        is_closed = bool(issue.closed_at and issue.closed_at <= at)
        yield "issue", str(issue.id), Last(is_gone, {} if is_gone else {"state": "closed" if is_closed else "open"})
    for comment in issue.comments:
        is_deleted = bool(comment.deleted_at and comment.deleted_at <= at)
        was_heard = comment.at >= world.hooks_since or bool(is_deleted and comment.deleted_at >= world.hooks_since)
        if comment.at <= at and (was_heard or not (is_deleted or is_gone)):
            yield "issue_comment", str(comment.id), Last(is_deleted, {} if is_deleted else {"body": comment.body})


def hubspot(world: World, at: datetime) -> _Told:
    told = {"company": ("name",), "contact": ("email",), "deal": ("dealname", "dealstage", "amount", "closedate")}
    deals = [pursuit.record for pursuit in world.pursuits]
    for record in (*world.market.companies, *world.market.contacts, *deals):
        if record.created_at > at:
            continue
        is_deleted = bool(record.archived_at(at)) or bool(record.erased_at and record.erased_at <= at)
        state: dict[str, Any] = {} if is_deleted else {name: record.value(name, at) for name in told[record.kind]}
        if record.merged_at and record.merged_at <= at:
            state = {"merged_into": record.merged_into}
        yield record.kind, record.id, Last(is_deleted, state)
    for employee in world.staff:
        if employee.team == "sales":
            yield "owner", employee.owner_id, Last(state={"email": employee.email})
    yield "deal_pipeline", PIPELINE_ID, Last()
    yield "deal_pipeline", PARTNERS_ID, Last()
    ended = {one.id for one in (*world.market.companies, *world.market.contacts) if not one.is_live(at)}
    for record in (*world.market.contacts, *deals):
        yield from _associations(record, world, at, ended)


def _associations(record: Record, world: World, at: datetime, ended: set[str]) -> _Told:
    """One per pair, told by webhooks and pulled while it lasts. Nobody says that an association ended because a record
    did."""
    for link in record.links:
        is_listed = link.holds(at) and record.is_live(at) and link.to_id not in ended
        if link.at <= at and (record.kind == "deal" or link.at >= world.started_at or is_listed):
            name = f"{record.kind}_to_{link.to_kind}"
            entity_id = f"{record.kind}:{record.id}:{link.to_kind}:{link.to_id}:{name}"
            yield "association", entity_id, Last(is_deleted=not link.holds(at))


def gong(world: World, at: datetime) -> _Told:
    for call in world.calls:
        if call.visible_at <= at:
            yield "call", call.call_id, Last(state={"title": call.title})
        if call.digested_at <= at:
            yield "transcript", call.call_id, Last(state={"sentences": len(call.sentences)})
    for employee in world.staff:
        yield "user", employee.call_user_id, Last(state={"email": employee.email})
