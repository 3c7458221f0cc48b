"""GitHub's users, repositories, pull requests, reviews and pushes, as its REST API and its webhooks tell them."""

import hashlib
from datetime import datetime
from typing import Any

from ..workshop import ORGANIZATION, Bot, Person, PullRequest, Repository, Review

API = "https://api.github.com"


def iso(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def node_id(kind: str, number: int) -> str:
    return f"{kind}_{hashlib.sha256(f'{kind}/{number}'.encode()).hexdigest()[:16]}"


def user(one: Person) -> dict[str, Any]:
    return {
        "login": one.github_login,
        "id": one.github_id,
        "node_id": node_id("U", one.github_id),
        "type": "Bot" if isinstance(one, Bot) else "User",
        "site_admin": False,
        "html_url": f"https://github.com/{one.github_login}",
    }


def label(name: str) -> dict[str, Any]:
    return {"id": sum(map(ord, name)) + 7_000, "name": name, "color": "d73a4a"}


def organization(organization_id: int) -> dict[str, Any]:
    return {
        "login": ORGANIZATION,
        "id": organization_id,
        "node_id": node_id("O", organization_id),
        "url": f"{API}/orgs/{ORGANIZATION}",
    }


def repository(one: Repository, organization_id: int, pushed_at: datetime) -> dict[str, Any]:
    return {
        "id": one.number,
        "node_id": node_id("R", one.number),
        "name": one.name,
        "full_name": one.full_name,
        "private": True,
        "owner": {"login": ORGANIZATION, "id": organization_id, "type": "Organization"},
        "html_url": f"https://github.com/{one.full_name}",
        "url": f"{API}/repos/{one.full_name}",
        "description": None,
        "fork": False,
        "archived": False,
        "disabled": False,
        "default_branch": "main",
        "language": one.language,
        "has_issues": True,
        "visibility": "private",
        "created_at": iso(one.created_at),
        "updated_at": iso(one.created_at),
        "pushed_at": iso(pushed_at),
    }


def pull_request(one: PullRequest, at: datetime, is_detailed: bool = False) -> dict[str, Any]:
    """The listing leaves out what only the detail and the webhook have: merged, merged_by and the sizes."""
    is_closed = bool(one.closed_at and one.closed_at <= at)
    is_merged = bool(one.merged_at and one.merged_at <= at)
    repo = {"id": one.repository.number, "name": one.repository.name, "full_name": one.repository.full_name}
    told = {
        "id": one.id,
        "node_id": node_id("PR", one.id),
        "number": one.number,
        "url": f"{API}/repos/{one.repository.full_name}/pulls/{one.number}",
        "html_url": f"https://github.com/{one.repository.full_name}/pull/{one.number}",
        "state": "closed" if is_closed else "open",
        "locked": False,
        "title": one.title,
        "body": f"Reverts {one.repository.full_name}#{one.reverts}" if one.reverts else None,
        "user": user(one.author),
        "created_at": iso(one.opened_at),
        "updated_at": iso(one.updated_at(at)),
        "closed_at": iso(one.closed_at) if is_closed else None,
        "merged_at": iso(one.merged_at) if is_merged else None,
        "merge_commit_sha": one.merge_sha if is_merged else None,
        "draft": False,
        "labels": [label(name) for name in one.labels],
        "milestone": None,
        "assignees": [],
        "requested_reviewers": [],
        "head": {"ref": one.branch, "sha": one.head_sha, "repo": repo},
        "base": {"ref": one.base, "sha": "0" * 40, "repo": repo},
        "author_association": "MEMBER",
    }
    if is_detailed:
        told |= {
            "merged": is_merged,
            "mergeable": None if is_closed else True,
            "merged_by": user(one.merged_by) if is_merged and one.merged_by else None,
            "comments": 0,
            "review_comments": 0,
            "commits": 1,
            "additions": one.additions,
            "deletions": one.deletions,
            "changed_files": 1 + one.additions // 50,
        }
    return told


def review(one: Review, pull: PullRequest, is_webhook: bool = False) -> dict[str, Any]:
    """Webhooks spell the state in lower case, the API in upper case."""
    return {
        "id": one.id,
        "node_id": node_id("PRR", one.id),
        "user": user(one.reviewer),
        "body": "" if one.state == "APPROVED" else "Two remarks inline.",
        "state": one.state.lower() if is_webhook else one.state,
        "submitted_at": iso(one.at),
        "commit_id": pull.head_sha,
        "html_url": f"https://github.com/{pull.repository.full_name}/pull/{pull.number}#pullrequestreview-{one.id}",
        "pull_request_url": f"{API}/repos/{pull.repository.full_name}/pulls/{pull.number}",
        "author_association": "MEMBER",
    }


def push(one: PullRequest, before: str) -> dict[str, Any]:
    """What a merge pushes."""
    assert one.merged_at is not None
    author = {"name": one.author.name, "email": one.author.email, "username": one.author.github_login}
    commit = {
        "id": one.merge_sha,
        "message": f"{one.title} (#{one.number})",
        "timestamp": iso(one.merged_at),
        "author": author,
        "committer": author,
        "added": [],
        "removed": [],
        "modified": ["src/main"],
        "distinct": True,
    }
    return {
        "ref": f"refs/heads/{one.base}",
        "before": before,
        "after": one.merge_sha,
        "created": False,
        "deleted": False,
        "forced": False,
        "base_ref": None,
        "compare": f"https://github.com/{one.repository.full_name}/compare/{before[:12]}...{one.merge_sha[:12]}",
        "commits": [commit],
        "head_commit": commit,
        "pusher": {"name": one.author.github_login, "email": one.author.email},
    }
