"""GitHub's way to production: check runs, deployments with their statuses, releases."""

import hashlib
from datetime import datetime
from typing import Any

from ..workshop import Deployment, Release, Run
from .github import API, iso, node_id, user


def run(one: Run, at: datetime) -> dict[str, Any]:
    """A run of an earlier push is of a commit that is not the branch's head any more."""
    is_over = one.ended_at <= at
    pull = one.pull_request
    earlier = hashlib.sha1(f"{pull.id}/first".encode(), usedforsecurity=False).hexdigest()
    sha = pull.head_sha if one.event == "pull_request" else earlier
    author = {"name": pull.author.name, "email": pull.author.email}
    return {
        "id": one.id,
        "node_id": node_id("WFR", one.id),
        "name": "checks",
        "head_branch": pull.branch,
        "head_sha": sha,
        "head_commit": {
            "id": sha,
            "message": pull.title,
            "timestamp": iso(one.commit_at),
            "author": author,
            "committer": author,
        },
        "repository": {
            "id": pull.repository.number,
            "name": pull.repository.name,
            "full_name": pull.repository.full_name,
        },
        "run_number": pull.number,
        "run_attempt": 1,
        "event": one.event,
        "status": "completed" if is_over else "in_progress",
        "conclusion": one.conclusion if is_over else None,
        "workflow_id": 88_100,
        "created_at": iso(one.started_at),
        "run_started_at": iso(one.started_at),
        "updated_at": iso(one.ended_at if is_over else one.started_at),
        "actor": user(pull.author),
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
        "original_environment": one.environment,
        "environment": one.environment,
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
        "environment": one.environment,
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
