"""GitHub's way to production: check runs, deployments with their statuses, releases."""

from datetime import datetime
from typing import Any

from ..workshop import Deployment, Release, Run
from .github import API, iso, node_id, user


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
