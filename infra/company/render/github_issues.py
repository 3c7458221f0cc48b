"""GitHub's issues and their comments. A pull request is listed among the issues."""

from datetime import datetime
from typing import Any

from ..workshop import Comment, Issue, PullRequest
from .github import API, iso, label, node_id, pull_request, user


def issue(one: Issue, at: datetime) -> dict[str, Any]:
    is_closed = bool(one.closed_at and one.closed_at <= at)
    alive = [each for each in one.comments if each.at <= at and not (each.deleted_at and each.deleted_at <= at)]
    return {
        "id": one.id,
        "node_id": node_id("I", one.id),
        "number": one.number,
        "url": f"{API}/repos/{one.repository.full_name}/issues/{one.number}",
        "repository_url": f"{API}/repos/{one.repository.full_name}",
        "title": one.title,
        "body": "Seen twice today.",
        "user": user(one.author),
        "state": "closed" if is_closed else "open",
        "state_reason": "completed" if is_closed else None,
        "locked": False,
        "labels": [label(name) for name in one.labels],
        "assignees": [],
        "milestone": None,
        "comments": len(alive),
        "created_at": iso(one.opened_at),
        "updated_at": iso(one.updated_at(at)),
        "closed_at": iso(one.closed_at) if is_closed else None,
        "author_association": "MEMBER",
    }


def issue_of(one: PullRequest, at: datetime) -> dict[str, Any]:
    """A pull request in the issue listing: an issue with a key `pull_request`, under an id of its own."""
    told = pull_request(one, at)
    kept = ("number", "title", "body", "user", "state", "labels", "created_at", "updated_at", "closed_at")
    links = {"pull_request": {"url": told["url"], "html_url": told["html_url"]}}
    return {"id": one.id + 1, "node_id": node_id("I", one.id + 1)} | {name: told[name] for name in kept} | links


def comment(one: Comment, parent: Issue) -> dict[str, Any]:
    return {
        "id": one.id,
        "node_id": node_id("IC", one.id),
        "user": user(one.author),
        "body": one.body,
        "created_at": iso(one.at),
        "updated_at": iso(one.at),
        "issue_url": f"{API}/repos/{parent.repository.full_name}/issues/{parent.number}",
        "html_url": f"https://github.com/{parent.repository.full_name}/issues/{parent.number}#issuecomment-{one.id}",
        "author_association": "MEMBER",
    }
