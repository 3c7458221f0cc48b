"""What stands in the files of GitHub's repositories: source code and Markdown of the default branch, a record a file.

docs.github.com, "REST API endpoints for branches", "for Git trees", "for Git blobs" and "for repository contents". No
delivery tells what a file says. The clock of a version is the repository's pushed_at: it is GitHub's own, while a
commit bears whatever time its author's machine showed, and a forced push may go back to an old one. A file is known by
its path, so a renamed file, or one of a renamed repository, is a new one.
"""

import base64
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from ..errors import VendorSaysNo
from ..ingest.bodies import instant, typed
from ..ingest.pages import Request, told
from ..ingest.source import Event, Page, Reading, Window
from ..log import log
from ._github_repositories import Repository, asked_for, opens_code_of, with_code
from ._github_trees import CODE, Entry, Trees, why_left_out

_A_PAGE = 50
"""Files; at the most 10 MB."""
_SETTLED = timedelta(hours=1)
"""So long after a push its branch is asked for again, though pushed_at stands still: which of the two GitHub moves
first is unverified."""


class _Signature(msgspec.Struct):
    date: str


class _TreeOf(msgspec.Struct):
    sha: str


class _Commit(msgspec.Struct):
    committer: _Signature
    tree: _TreeOf


class _Newest(msgspec.Struct):
    sha: str
    commit: _Commit


class _Branch(msgspec.Struct):
    commit: _Newest


class _Blob(msgspec.Struct):
    """Of a blob, and of a file among a repository's contents."""

    sha: str
    size: int
    content: str = ""
    encoding: str = ""
    type: str = "file"


_branch, _blob = msgspec.json.Decoder(_Branch), msgspec.json.Decoder(_Blob)
_contents = msgspec.json.Decoder(_Blob | list[msgspec.Raw])  # of a folder it is a list


@dataclass(frozen=True, slots=True)
class _Head:
    """The newest commit of a repository's default branch."""

    branch: str
    pushed_at: str
    commit: str
    committed_at: str
    tree: str

    @property
    def mark(self) -> Mapping[str, str]:
        """What the next run must know to tell what has changed since."""
        return {"tree": self.tree, "branch": self.branch, "pushed_at": self.pushed_at}


def read_code(reading: Reading) -> Iterator[Page]:
    """Every file at first, then those that differ. The cursor is {heads: {repository: mark}} between runs; within one
    it also holds the repository finished last (after) and the place in the next (within), whose newest commit stays
    the one the reading began with. It grows by some 200 bytes a repository."""
    heads: dict[str, Any] = dict(reading.cursor.get("heads", {}))
    after, within = reading.cursor.get("after", ""), reading.cursor.get("within", {})
    for repository in sorted(with_code(reading), key=lambda one: one.full_name):
        name = repository.full_name
        if name <= after:
            continue
        is_resumed = within.get("repository") == name
        head = _Head(**within["head"]) if is_resumed else _head(reading, repository, heads.get(name, {}))
        if head is None:
            continue
        changes = Trees(reading, name).changes(heads.get(name, {}).get("tree"), head.tree)
        if changes is None:
            continue  # forced away and collected meanwhile: the next run begins with the commit that is newest then
        left = [(path, one) for path, one in changes.items() if not is_resumed or path > within["path"]]
        for start in range(0, len(left), _A_PAGE):
            some = left[start : start + _A_PAGE]
            place = {"repository": name, "head": dataclasses.asdict(head), "path": some[-1][0]}
            yield Page(_told(reading, name, head, some), {"heads": dict(heads), "after": after, "within": place})
        heads[name], after = head.mark, name
        yield Page([], {"heads": dict(heads), "after": after})
    yield Page([], {"heads": heads})


def list_code(reading: Reading, window: Window) -> Iterator[Sequence[Event]]:
    """The ids of all files there are now, a repository at a time, each dated by the newest push to its repository: a
    tree tells no clock of a file. So a version that was missed is not seen here, a missed or deleted file is."""
    for repository in with_code(reading):
        name = repository.full_name
        if head := _head(reading, repository):
            at, found = instant(head.pushed_at), Trees(reading, name).changes(None, head.tree) or {}
            yield [Event("code_file", f"{name}:{path}", "upsert", b"", occurred_at=at) for path in found]


def fetch_code(reading: Reading, entity_id: str) -> Event | None:
    """A file as it is now; None where it is gone, or its repository has another name or is closed by the option.

    Raises VendorSaysNo where GitHub does not show the repository: it may be deleted, or the token's right lost.
    """
    name, _, path = entity_id.partition(":")
    if not reading.connection.options.get("code"):
        return None
    repository = asked_for(reading, name)
    if repository and (repository.full_name != name or not opens_code_of(reading, repository)):
        return None
    head = _head(reading, repository) if repository else None
    if head is None:
        raise VendorSaysNo(f"github shows no default branch of {name!r}: may the token read its contents?")
    asked = Request(f"repos/{name}/contents/{quote(path)}", params={"ref": head.commit}, bucket=CODE)
    answer = reading.http.ask(asked)
    found = typed(_contents, answer.body) if answer.ruling.kind == "ok" else None
    if not isinstance(found, _Blob) or found.type != "file" or why_left_out(path, found.size):
        return None
    return _file(found, name, path, head)


def _head(reading: Reading, repository: Repository, mark: Mapping[str, str] | None = None) -> _Head | None:
    """None where nothing has been pushed since the mark, where nothing was ever, and where it is closed to us."""
    pushed_at, branch = instant(repository.pushed_at), repository.default_branch
    is_known = mark and (mark["branch"], mark["pushed_at"]) == (branch, repository.pushed_at)
    if not branch or pushed_at is None or (is_known and reading.now - pushed_at > _SETTLED):
        return None
    path = f"repos/{repository.full_name}/branches/{quote(branch, safe='')}"
    answer = reading.http.ask(Request(path, bucket=CODE))
    if answer.ruling.kind != "ok":
        log.info("code_not_shown", source="github", repository=repository.full_name, status=answer.status)
        return None
    newest = typed(_branch, answer.body).commit
    commit = newest.commit
    return _Head(branch, repository.pushed_at or "", newest.sha, commit.committer.date, commit.tree.sha)


def _told(reading: Reading, name: str, head: _Head, some: Sequence[tuple[str, Entry | None]]) -> list[Event]:
    """Their events. A blob that is closed to us is left to the check, which lists it."""
    events = []
    for path, entry in some:
        if entry is None:
            gone = {"repository": name, "path": path, **_of_commit(head), "deleted": True}
            events.append(_event("delete", name, path, head, "", gone))
            continue
        answer = reading.http.ask(Request(f"repos/{name}/git/blobs/{entry.sha}", bucket=CODE))
        if answer.ruling.kind == "ok":
            events.append(told(answer.body, path, lambda raw, path: _file(typed(_blob, raw), name, path, head)))
    return events


def _file(blob: _Blob, name: str, path: str, head: _Head) -> Event:
    """What is no text is told without its content: it is there, and a check that lists it need not look for it."""
    told_of = {"repository": name, "path": path, "sha": blob.sha, "size": blob.size, **_of_commit(head)}
    return _event("upsert", name, path, head, blob.sha, {**told_of, "content": _text(blob)})


def _event(operation: Any, name: str, path: str, head: _Head, sha: str, payload: Mapping[str, Any]) -> Event:
    return Event(
        stream="code_file",
        entity_id=f"{name}:{path}",
        operation=operation,
        payload=msgspec.json.encode(payload),
        occurred_at=instant(head.committed_at),
        source_updated_at=instant(head.pushed_at),
        source_version=f"{head.committed_at} {sha}",
    )


def _of_commit(head: _Head) -> Mapping[str, str]:
    return {"commit_sha": head.commit, "committed_at": head.committed_at}


def _text(blob: _Blob) -> str | None:
    """None for what is not UTF-8, and for what bears a NUL, by which git too knows what is no text."""
    if blob.encoding != "base64":
        return None
    try:
        text = base64.b64decode(blob.content).decode()
    except ValueError:
        return None
    return None if "\0" in text else text
