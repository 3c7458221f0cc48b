"""GitHub's repository webhooks: pull requests, reviews, issues, comments, pushes, runs, deployments and more."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..delivery import Delivery, to_json
from ..render import github, github_issues, github_shipping
from ..signing import hexadecimal, keyed_digest, sha256, shared
from ..vendor import Outgoing
from ..workshop import Issue, Person, PullRequest, Repository
from ..world import World

_Event = tuple[str, dict[str, Any], Repository, Person, datetime]
STREAMS = {"issues": "issue"}


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """Since the hooks were set up, the ping of each included."""
    parts = (_pings, _of_pulls, _of_issues, _of_deployments, _of_the_rest)
    made = []
    for event_type, payload, repository, sender, at in (event for part in parts for event in part(world)):
        if at < world.hooks_since:
            continue
        around = {
            "repository": github.repository(repository, world.workshop.organization_id, at),
            "organization": github.organization(world.workshop.organization_id),
            "sender": github.user(sender),
        }
        guid = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        events = ((STREAMS.get(event_type, event_type), guid),)
        body = to_json(payload | around)
        # A redelivery repairs any loss, so every one of these may be lost.
        made.append(Delivery("github", event_type, body, guid, at, events, hook_id=repository.hook_id))
    return made


def _pings(world: World) -> Iterator[_Event]:
    for repository in world.workshop.repositories:
        hook = {"type": "Repository", "id": repository.hook_id, "active": True, "events": ["*"]}
        payload = {"zen": "Keep it logically awesome.", "hook_id": repository.hook_id, "hook": hook}
        yield "ping", payload, repository, world.staff[-1], world.hooks_since


def _of_pulls(world: World) -> Iterator[_Event]:
    before: dict[tuple[str, str], str] = {}
    merged_first = sorted(world.workshop.pull_requests, key=lambda pull: pull.merged_at or world.now)
    for pull in merged_first:
        yield _pull("opened", pull, pull.opened_at, pull.author)
        for review in pull.reviews:
            told = {
                "action": "submitted",
                "review": github.review(review, pull, is_webhook=True),
                "pull_request": github.pull_request(pull, review.at),
            }
            yield "pull_request_review", told, pull.repository, review.reviewer, review.at
        if pull.closed_at:
            yield _pull("closed", pull, pull.closed_at, pull.merged_by or pull.author)
        if pull.merged_at:
            branch = (pull.repository.name, pull.base)
            payload = github.push(pull, before.get(branch, "0" * 40))
            before[branch] = pull.merge_sha
            yield "push", payload, pull.repository, pull.author, pull.merged_at + timedelta(seconds=1)


def _pull(action: str, pull: PullRequest, at: datetime, sender: Person) -> _Event:
    told = github.pull_request(pull, at, is_detailed=True)
    payload = {"action": action, "number": pull.number, "pull_request": told}
    return "pull_request", payload, pull.repository, sender, at


def _of_issues(world: World) -> Iterator[_Event]:
    for issue in world.workshop.issues:
        yield _issue("opened", issue, issue.opened_at)
        if issue.closed_at:
            yield _issue("closed", issue, issue.closed_at)
        for comment in issue.comments:
            told = {"issue": github_issues.issue(issue, comment.at), "comment": github_issues.comment(comment, issue)}
            yield "issue_comment", {"action": "created", **told}, issue.repository, comment.author, comment.at
            if comment.deleted_at:
                gone = {"action": "deleted", **told}
                yield "issue_comment", gone, issue.repository, comment.author, comment.deleted_at
        if issue.deleted_at:
            yield _issue("deleted", issue, issue.deleted_at)


def _issue(action: str, issue: Issue, at: datetime) -> _Event:
    return "issues", {"action": action, "issue": github_issues.issue(issue, at)}, issue.repository, issue.author, at


def _of_deployments(world: World) -> Iterator[_Event]:
    for deployment in world.workshop.deployments:
        pull = deployment.pull_request
        for status in deployment.statuses:
            payload = {
                "action": "created",
                "deployment_status": github_shipping.deployment_status(deployment, status),
                "deployment": github_shipping.deployment(deployment, status[1]),
            }
            yield "deployment_status", payload, pull.repository, pull.author, status[1]


def _of_the_rest(world: World) -> Iterator[_Event]:
    for run in world.workshop.runs:
        pull = run.pull_request
        completed = {"action": "completed", "workflow_run": github_shipping.run(run, run.ended_at)}
        yield "workflow_run", completed, pull.repository, pull.author, run.ended_at
    for release in world.workshop.releases:
        published = {"action": "published", "release": github_shipping.release(release)}
        yield "release", published, release.repository, release.author, release.at
    for days, fan in enumerate(world.staff[:2], start=3):
        at = world.hooks_since + timedelta(days=days)
        starred = {"action": "created", "starred_at": github.iso(at)}
        yield "star", starred, world.workshop.repositories[0], fan, at


def sign(outgoing: Outgoing) -> dict[str, str]:
    """docs.github.com, "Validating webhook deliveries"; X-Hub-Signature is the older SHA-1 form, still sent. Without a
    delivery id the same event and body bear the same one, as in a redelivery."""
    secret, body = outgoing.keys["signing_secret"], outgoing.body
    event_type = outgoing.event_type or "ping"
    return {
        "X-GitHub-Event": event_type,
        "X-GitHub-Delivery": outgoing.delivery_id
        or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{event_type} {sha256(body)}")),
        "X-Hub-Signature-256": f"sha256={keyed_digest(secret, body).hex()}",
        "X-Hub-Signature": f"sha1={keyed_digest(secret, body, 'sha1').hex()}",
        "User-Agent": "GitHub-Hookshot/0000000",
    }


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    token = f"github_pat_{hexadecimal(rng, 40)}"
    return shared(rng, token=token)


def retold(delivery: Delivery, chance: Chance) -> Delivery:
    guid = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    return replace(delivery, delivery_id=guid, events=((delivery.events[0][0], guid),))
