"""A repository's default branch, the trees and blobs of git, and a file among its contents.

Sources: docs.github.com, "REST API endpoints for branches", "for Git trees", "for Git blobs" and "for repository
contents". A blob's base64 is broken into lines.
"""

import base64
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .. import codebase
from ..render.github import API, iso
from ..workshop import Repository
from .github_pages import not_found
from .site import Site


async def _branch(request: Request, site: Site) -> Response:
    repository = _find(request, site)
    if repository is None or request.path_params["branch"] != "main":
        return not_found()
    newest = codebase.head(repository, site.world, site.now)
    signature = {"name": "GitHub", "email": "noreply@github.com", "date": iso(newest.at)}
    commit = {"author": signature, "committer": signature, "message": "Merge", "tree": {"sha": newest.tree}}
    return JSONResponse({"name": "main", "commit": {"sha": newest.sha, "commit": commit}, "protected": True})


async def _tree(request: Request, site: Site) -> Response:
    """Any value of `recursive` makes it whole. A folder's own entry stays in a whole tree."""
    repository, sha = _find(request, site), request.path_params["sha"]
    trees = codebase.objects(repository, site.world).trees if repository else {}
    if sha not in trees:
        return not_found()
    told = _entries(trees, sha, "", "recursive" in request.query_params)
    return JSONResponse({"sha": sha, "tree": told, "truncated": False})


def _entries(
    trees: dict[str, tuple[codebase.Entry, ...]], sha: str, prefix: str, is_whole: bool
) -> list[dict[str, Any]]:
    found = []
    for one in trees[sha]:
        size = {} if one.size is None else {"size": one.size}
        found.append({"path": prefix + one.name, "mode": one.mode, "type": one.kind, "sha": one.sha, **size})
        if is_whole and one.kind == "tree":
            found += _entries(trees, one.sha, f"{prefix}{one.name}/", is_whole)
    return found


async def _blob(request: Request, site: Site) -> Response:
    repository, sha = _find(request, site), request.path_params["sha"]
    content = codebase.objects(repository, site.world).blobs.get(sha) if repository else None
    return not_found() if content is None else JSONResponse(_content(content))


async def _contents(request: Request, site: Site) -> Response:
    """As it is at the newest commit, the only one anybody asks about here."""
    repository, path = _find(request, site), request.path_params["path"]
    content = codebase.files(repository, site.world, site.now).get(path) if repository else None
    if repository is None or content is None:
        return not_found()
    url = f"{API}/repos/{repository.full_name}/contents/{path}"
    return JSONResponse(
        {"type": "file", "name": path.rpartition("/")[2], "path": path, "url": url, **_content(content)}
    )


def _content(content: bytes) -> dict[str, Any]:
    encoded = base64.encodebytes(content).decode()
    return {"sha": codebase.blob_sha(content), "size": len(content), "content": encoded, "encoding": "base64"}


def _find(request: Request, site: Site) -> Repository | None:
    wanted = "{owner}/{repo}".format(**request.path_params)
    return next((one for one in site.world.workshop.repositories if one.full_name == wanted), None)


ENDPOINTS = (
    ("/branches/{branch}", _branch),
    ("/git/trees/{sha}", _tree),
    ("/git/blobs/{sha}", _blob),
    ("/contents/{path:path}", _contents),
)
