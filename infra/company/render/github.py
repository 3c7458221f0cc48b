"""GitHub's objects, as its REST API lists them, and what its webhooks carry."""

import hashlib
from datetime import datetime
from typing import Any

from ..engineering import (
    ORGANIZATION,
    Comment,
    Deployment,
    Issue,
    PullRequest,
    Release,
    Repository,
    Review,
    Run,
)
from ..staff import Employee

API = "https://api.github.com"


def iso(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def node_id(kind: str, number: int) -> str:
    return f"{kind}_{hashlib.sha256(f'{kind}/{number}'.encode()).hexdigest()[:16]}"


def user(one: Employee) -> dict[str, Any]:
    return {
        "login": one.github_login,
        "id": one.github_id,
        "node_id": node_id("U", one.github_id),
        "type": "User",
        "site_admin": False,
        "html_url": f"https://github.com/{one.github_login}",
    }


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
        "body": None,
        "user": user(one.author),
        "created_at": iso(one.opened_at),
        "updated_at": iso(one.updated_at(at)),
        "closed_at": iso(one.closed_at) if is_closed else None,
        "merged_at": iso(one.merged_at) if is_merged else None,
        "merge_commit_sha": one.merge_sha if is_merged else None,
        "draft": False,
        "labels": [],
        "milestone": None,
        "assignees": [],
        "requested_reviewers": [],
        "head": {"ref": f"change-{one.number}", "sha": one.head_sha, "repo": repo},
        "base": {"ref": "main", "sha": "0" * 40, "repo": repo},
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
        "labels": [{"id": 7_001, "name": "bug", "color": "d73a4a"}],
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


def run(one: Run, at: datetime) -> dict[str, Any]:
    is_over = one.ended_at <= at
    return {
        "id": one.id,
        "node_id": node_id("WFR", one.id),
        "name": "checks",
        "head_branch": f"change-{one.pull_request.number}",
        "head_sha": one.pull_request.head_sha,
        "run_number": one.pull_request.number,
        "run_attempt": 1,
        "event": "pull_request",
        "status": "completed" if is_over else "in_progress",
        "conclusion": one.conclusion if is_over else None,
        "workflow_id": 88_100,
        "created_at": iso(one.started_at),
        "run_started_at": iso(one.started_at),
        "updated_at": iso(one.ended_at if is_over else one.started_at),
        "actor": user(one.pull_request.author),
    }


def deployment(one: Deployment, at: datetime) -> dict[str, Any]:
    name = one.pull_request.repository.full_name
    return {
        "id": one.id,
        "node_id": node_id("DE", one.id),
        "url": f"{API}/repos/{name}/deployments/{one.id}",
        "sha": one.pull_request.merge_sha,
        "ref": "main",
        "task": "deploy",
        "payload": {},
        "original_environment": "production",
        "environment": "production",
        "description": None,
        "creator": user(one.pull_request.author),
        "created_at": iso(one.at),
        "updated_at": iso(max([one.at, *(when for _, when, _ in one.statuses if when <= at)])),
        "statuses_url": f"{API}/repos/{name}/deployments/{one.id}/statuses",
    }


def deployment_status(one: Deployment, status: tuple[int, datetime, str]) -> dict[str, Any]:
    number, at, state = status
    name = one.pull_request.repository.full_name
    return {
        "id": number,
        "node_id": node_id("DES", number),
        "url": f"{API}/repos/{name}/deployments/{one.id}/statuses/{number}",
        "state": state,
        "creator": user(one.pull_request.author),
        "description": "",
        "environment": "production",
        "target_url": "",
        "created_at": iso(at),
        "updated_at": iso(at),
        "deployment_url": f"{API}/repos/{name}/deployments/{one.id}",
    }


def release(one: Release) -> dict[str, Any]:
    return {
        "id": one.id,
        "node_id": node_id("RE", one.id),
        "tag_name": one.tag,
        "target_commitish": "main",
        "name": one.tag,
        "draft": False,
        "prerelease": False,
        "body": "Changes since the last release.",
        "author": user(one.author),
        "created_at": iso(one.at),
        "published_at": iso(one.at),
        "html_url": f"https://github.com/{one.repository.full_name}/releases/{one.tag}",
    }


def push(one: PullRequest, before: str) -> dict[str, Any]:
    """What a merge into the default branch pushes."""
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
        "ref": "refs/heads/main",
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
