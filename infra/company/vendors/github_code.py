"""A repository's default branch, the trees and blobs of git, and a file among its contents.

Sources: docs.github.com, "REST API endpoints for branches", "for Git trees", "for Git blobs" and "for repository
contents". A blob's base64 is broken into lines.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .. import codebase
from ..render.github import API, iso
from .github_pages import find_repository, not_found
from .site import Site


async def _branch(request: Request, site: Site) -> Response:
    repository = find_repository(request, site)
    if repository is None or request.path_params["branch"] != "main":
        return not_found()
    newest = codebase.head(repository, site.world, site.now)
    signature = {"name": "GitHub", "email": "noreply@github.com", "date": iso(newest.at)}
    commit = {"author": signature, "committer": signature, "message": "Merge", "tree": {"sha": newest.tree}}
    return JSONResponse({"name": "main", "commit": {"sha": newest.sha, "commit": commit}, "protected": True})


async def _tree(request: Request, site: Site) -> Response:
    """Any value of `recursive` makes it whole. A folder's own entry stays in a whole tree."""
    repository, sha = find_repository(request, site), request.path_params["sha"]
    trees = codebase.objects(repository, site.world).trees if repository else {}
    if sha not in trees:
        return not_found()
    told = entries(trees, sha, "recursive" in request.query_params)
    return JSONResponse({"sha": sha, "tree": told, "truncated": False})


def entries(
    trees: Mapping[str, Sequence[codebase.Entry]], sha: str, is_whole: bool, prefix: str = ""
) -> list[dict[str, Any]]:
    """The lines of a tree as GitHub tells them, with those of all folders below where it is whole."""
    found = []
    for one in trees[sha]:
        size = {} if one.size is None else {"size": one.size}
        found.append({"path": prefix + one.name, "mode": one.mode, "type": one.kind, "sha": one.sha, **size})
        if is_whole and one.kind == "tree":
            found += entries(trees, one.sha, is_whole, f"{prefix}{one.name}/")
    return found


async def _blob(request: Request, site: Site) -> Response:
    repository, sha = find_repository(request, site), request.path_params["sha"]
    content = codebase.objects(repository, site.world).blobs.get(sha) if repository else None
    return not_found() if content is None else JSONResponse(content_of(content))


async def _contents(request: Request, site: Site) -> Response:
    """As it is at the newest commit, the only one anybody asks about here."""
    repository, path = find_repository(request, site), request.path_params["path"]
    content = codebase.files(repository, site.world, site.now).get(path) if repository else None
    if repository is None or content is None:
        return not_found()
    url = f"{API}/repos/{repository.full_name}/contents/{path}"
    return JSONResponse(
        {"type": "file", "name": path.rpartition("/")[2], "path": path, "url": url, **content_of(content)}
    )


def content_of(content: bytes) -> dict[str, Any]:
    """What GitHub tells of a blob."""
    encoded = base64.encodebytes(content).decode()
    return {"sha": codebase.blob_sha(content), "size": len(content), "content": encoded, "encoding": "base64"}


ENDPOINTS = (
    ("/branches/{branch}", _branch),
    ("/git/trees/{sha}", _tree),
    ("/git/blobs/{sha}", _blob),
    ("/contents/{path:path}", _contents),
)
