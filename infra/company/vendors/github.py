"""GitHub's REST API: Link headers, `since` where it exists, 403 and 429 with the headers that say how long to wait.

Sources: docs.github.com, "Using pagination", "Rate limits for the REST API", and the pages of the endpoints.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from .. import entities
from ..hooks import github as hooks
from ..render import github, github_issues, github_shipping
from ..vendor import Vendor
from ..workshop import ORGANIZATION, Repository
from ..world import World
from . import github_code, github_hooks
from .github_pages import find_repository, not_found, page
from .guard import Manners, bearer, guarded
from .limits import Limit
from .site import Site

_PRIMARY = Limit("github primary", 5000, 3600)
_SECONDARY = Limit("github secondary", 900, 60)
_Listing = Callable[[Request, Site, Repository], list[dict[str, Any]]]


def routes(site: Site) -> list[Route]:
    manners = Manners("github", _authorise, lambda request: [_PRIMARY, _SECONDARY], _busy, _not_ok, _headers)
    repo = "/github/repos/{owner}/{repo}"
    listings: dict[str, _Listing] = {
        "/pulls": _pulls,
        "/pulls/{number:int}/reviews": _reviews,
        "/pulls/comments": lambda request, site, repository: [],
        "/issues": _issues,
        "/issues/comments": _comments,
        "/releases": _releases,
        "/deployments": _deployments,
        "/deployments/{number:int}/statuses": _statuses,
    }
    made = [Route(repo + path, guarded(site, manners, _listing(listing))) for path, listing in listings.items()]
    made += [
        Route("/github/orgs/{owner}/repos", guarded(site, manners, _repositories)),
        Route(repo, guarded(site, manners, _repository)),
        Route(repo + "/pulls/{number:int}", guarded(site, manners, _pull)),
        Route(repo + "/actions/runs", guarded(site, manners, _runs)),
    ]
    made += [Route(repo + path, guarded(site, manners, handler)) for path, handler in github_code.ENDPOINTS]
    for path, method, handler in github_hooks.ENDPOINTS:
        made.append(Route(repo + path, guarded(site, manners, handler), methods=[method]))
    return made


def _authorise(request: Request, site: Site) -> Response | None:
    if not request.headers.get("user-agent"):
        return PlainTextResponse(
            "Request forbidden by administrative rules. Make sure it has a User-Agent header.", 403
        )
    if bearer(request) != site.credentials["github"]["token"]:
        return JSONResponse({"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"}, 401)
    return None


def _busy(limit: Limit | None, after_s: int) -> Response:
    """The primary limit says when it is reset; the secondary one says how long to wait."""
    if limit == _PRIMARY:
        headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(datetime.now().timestamp()) + after_s)}
        return JSONResponse({"message": "API rate limit exceeded"}, 403, headers=headers)
    headers = {"retry-after": str(after_s)}
    return JSONResponse({"message": "You have exceeded a secondary rate limit"}, 429, headers=headers)


def _not_ok() -> Response:
    return JSONResponse({"message": "Resource not accessible by personal access token"}, 403)


def _headers(site: Site) -> dict[str, str]:
    allowed, remaining = site.limiter.allowed(_PRIMARY), site.limiter.remaining(_PRIMARY)
    return {"x-ratelimit-limit": str(allowed), "x-ratelimit-remaining": str(remaining)}


def _listing(listing: _Listing) -> Callable[[Request, Site], Awaitable[Response]]:
    async def handler(request: Request, site: Site) -> Response:
        repository = find_repository(request, site)
        return page(request, listing(request, site, repository)) if repository else not_found()

    return handler


async def _repositories(request: Request, site: Site) -> Response:
    if request.path_params["owner"] != ORGANIZATION:
        return not_found()
    return page(request, [_told(one, site) for one in site.world.workshop.repositories])


async def _repository(request: Request, site: Site) -> Response:
    found = find_repository(request, site)
    return JSONResponse(_told(found, site)) if found else not_found()


def _told(one: Repository, site: Site) -> dict[str, Any]:
    merged = [pull.merged_at for pull in site.world.workshop.pull_requests if pull.repository == one]
    pushed_at = max([one.created_at, *(at for at in merged if at and at <= site.now)])
    return github.repository(one, site.world.workshop.organization_id, pushed_at)


def _pulls(request: Request, site: Site, repository: Repository) -> list[dict[str, Any]]:
    every = site.world.workshop.pull_requests
    opened = [one for one in every if one.repository == repository and one.opened_at <= site.now]
    return _sorted(request, [github.pull_request(one, site.now) for one in opened])


async def _pull(request: Request, site: Site) -> Response:
    repository, number = find_repository(request, site), request.path_params["number"]
    for one in site.world.workshop.pull_requests:
        if one.repository == repository and one.number == number and one.opened_at <= site.now:
            return JSONResponse(github.pull_request(one, site.now, is_detailed=True))
    return not_found()


def _reviews(request: Request, site: Site, repository: Repository) -> list[dict[str, Any]]:
    """Oldest first."""
    number = request.path_params["number"]
    pulls = [one for one in site.world.workshop.pull_requests if (one.repository, one.number) == (repository, number)]
    return [github.review(each, one) for one in pulls for each in one.reviews if each.at <= site.now]


def _issues(request: Request, site: Site, repository: Repository) -> list[dict[str, Any]]:
    """Pull requests are in it too."""
    listed = []
    for one in site.world.workshop.issues:
        is_gone = one.deleted_at is not None and one.deleted_at <= site.now
        if one.repository == repository and one.opened_at <= site.now and not is_gone:
            listed.append(github_issues.issue(one, site.now))
    for pull in site.world.workshop.pull_requests:
        if pull.repository == repository and pull.opened_at <= site.now:
            listed.append(github_issues.issue_of(pull, site.now))
    return _sorted(request, _since(request, listed))


def _comments(request: Request, site: Site, repository: Repository) -> list[dict[str, Any]]:
    listed = []
    for one in site.world.workshop.issues:
        is_gone = one.deleted_at is not None and one.deleted_at <= site.now
        for comment in one.comments if one.repository == repository and not is_gone else ():
            if comment.at <= site.now and not (comment.deleted_at and comment.deleted_at <= site.now):
                listed.append(github_issues.comment(comment, one))
    return _sorted(request, _since(request, listed), state="all", direction="asc")


def _releases(request: Request, site: Site, repository: Repository) -> list[dict[str, Any]]:
    every = [one for one in site.world.workshop.releases if one.repository == repository and one.at <= site.now]
    return [github_shipping.release(one) for one in reversed(every)]


def _deployments(request: Request, site: Site, repository: Repository) -> list[dict[str, Any]]:
    every = site.world.workshop.deployments
    made = [one for one in every if one.pull_request.repository == repository and one.at <= site.now]
    return [github_shipping.deployment(one, site.now) for one in sorted(made, key=lambda one: one.at, reverse=True)]


def _statuses(request: Request, site: Site, repository: Repository) -> list[dict[str, Any]]:
    """Newest first."""
    for one in site.world.workshop.deployments:
        if one.pull_request.repository == repository and one.id == request.path_params["number"]:
            past = [status for status in one.statuses if status[1] <= site.now]
            return [github_shipping.deployment_status(one, status) for status in reversed(past)]
    return []


async def _runs(request: Request, site: Site) -> Response:
    """`created` takes >=instant or from..to."""
    repository, created = find_repository(request, site), request.query_params.get("created", "")
    first, _, last = created.removeprefix(">=").partition("..")
    every = [one for one in site.world.workshop.runs if one.pull_request.repository == repository]
    told = [github_shipping.run(one, site.now) for one in every if one.started_at <= site.now]
    told = [one for one in told if first <= one["created_at"] <= (last if last.strip("*") else "~")]
    told.sort(key=lambda one: one["created_at"], reverse=True)
    return page(request, told, wrapped_in="workflow_runs")


def _since(request: Request, listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    since = request.query_params.get("since", "")
    return [one for one in listed if one["updated_at"] >= since]


def _sorted(
    request: Request, listed: list[dict[str, Any]], state: str = "open", direction: str = "desc"
) -> list[dict[str, Any]]:
    asked = request.query_params
    state, by = asked.get("state", state), asked.get("sort", "created")
    kept = [one for one in listed if state == "all" or one["state"] == state]
    is_descending = asked.get("direction", direction) == "desc"
    return sorted(
        kept, key=lambda one: (one["updated_at" if by == "updated" else "created_at"], one["id"]), reverse=is_descending
    )


def _options(world: World) -> dict[str, Any]:
    repositories = world.workshop.repositories
    return {
        "organization": ORGANIZATION,
        "repositories": [one.full_name for one in repositories],
        "hooks": [{"repository": one.full_name, "hook_id": one.hook_id} for one in repositories],
        "code": True,
    }


vendor = Vendor(
    name="github",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=entities.github,
    api="github/",
    options=_options,
    retold=hooks.retold,
)
