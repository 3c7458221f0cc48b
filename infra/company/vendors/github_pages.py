"""GitHub's pages: a Link header per RFC 8288 whose URLs are to be followed as they are."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..workshop import Repository
from .site import Site


def page(request: Request, listed: list[Any], wrapped_in: str = "") -> Response:
    """One page of at most 100; an empty page that the test switched on still links to the page it hides."""
    number, size = _asked(request, "page", 1), min(_asked(request, "per_page", 30), 100)
    start = (number - 1) * size
    is_hidden = request.state.is_empty_page
    found = [] if is_hidden else listed[start : start + size]
    last = max(1, -(-len(listed) // size))
    links = []
    if is_hidden or number < last:
        links.append(_link(request, number if is_hidden else number + 1, "next", retried=is_hidden))
    if number < last:
        links.append(_link(request, last, "last"))
    if number > 1:
        links.append(_link(request, number - 1, "prev"))
    body = {"total_count": len(listed), wrapped_in: found} if wrapped_in else found
    return JSONResponse(body, headers={"Link": ", ".join(links)} if links else {})


def find_repository(request: Request, site: Site) -> Repository | None:
    """The one that the path names."""
    wanted = "{owner}/{repo}".format(**request.path_params)
    return next((one for one in site.world.workshop.repositories if one.full_name == wanted), None)


def not_found() -> Response:
    return JSONResponse(
        {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}, 404
    )


def _asked(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return max(1, int(text)) if text.isdigit() else default


def _link(request: Request, number: int, relation: str, retried: bool = False) -> str:
    extra = {"after": "hidden"} if retried else {}
    return f'<{request.url.include_query_params(page=number, **extra)}>; rel="{relation}"'
