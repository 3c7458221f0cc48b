"""The code of the simulated company: which files a repository holds at an instant, as the objects git makes of them.

git-scm.com/book, "Git Internals - Git Objects": an object's name is the SHA-1 of its kind, size and content.
"""

import functools
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .codebase_texts import FILES
from .history import History, Version, once_per_world
from .workshop import Repository
from .world import World

CODE, OTHER = "code_file", "other_file"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a tree; a folder has no size."""

    name: str
    mode: str
    kind: str
    sha: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """The newest of the default branch at an instant."""

    sha: str
    at: datetime
    tree: str


@dataclass(frozen=True, slots=True)
class Objects:
    """Of one repository, all that ever were, by their names."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, tuple[Entry, ...]] = field(default_factory=dict)


@once_per_world
def history(world: World) -> History:
    """Files by owner/name:path: those that people wrote, and others. A merge brings every change, and all of them came
    before the hooks were set up: of a file that went later a first pull would know nothing."""
    return History(version for repository in world.workshop.repositories for version in _versions(repository, world))


def _versions(repository: Repository, world: World) -> Iterator[Version]:
    merged = [at for _, at in _merges(repository, world) if at < world.hooks_since]
    for one in FILES[repository.name]:
        for share, text in one.versions:
            if share and not merged:
                continue
            at = merged[int(share * len(merged))] if share else repository.created_at
            content = text.encode() if isinstance(text, str) else text
            record = None if content is None else {"content": content, "sha": blob_sha(content)}
            yield Version(CODE if one.is_ours else OTHER, f"{repository.full_name}:{one.path}", at, record)


def _merges(repository: Repository, world: World) -> list[tuple[str, datetime]]:
    """What was merged into the default branch, oldest first."""
    pulls = [one for one in world.workshop.pull_requests if (one.repository, one.base) == (repository, "main")]
    return sorted(((one.merge_sha, one.merged_at) for one in pulls if one.merged_at), key=lambda one: one[1])


def files(repository: Repository, world: World, at: datetime) -> dict[str, bytes]:
    """By path, what stands in each file at an instant."""
    living = [one for stream in (CODE, OTHER) for one in history(world).living(at, stream)]
    of_it = [one for one in living if one.id.startswith(f"{repository.full_name}:")]
    return {one.id.partition(":")[2]: one.record["content"] for one in of_it if one.record}


def head(repository: Repository, world: World, at: datetime) -> Commit:
    first = hashlib.sha1(f"{repository.number}/first".encode(), usedforsecurity=False).hexdigest()
    past = [(sha, when) for sha, when in _merges(repository, world) if when <= at]
    sha, when = past[-1] if past else (first, repository.created_at)
    return Commit(sha, when, store_tree(files(repository, world, at), Objects()))


@functools.lru_cache(maxsize=32)
def objects(repository: Repository, world: World) -> Objects:
    made = Objects()
    prefix = f"{repository.full_name}:"
    for at in {one.at for one in history(world).versions if one.id.startswith(prefix)}:
        store_tree(files(repository, world, at), made)
    return made


def blob_sha(content: bytes) -> str:
    return _sha("blob", content)


def store_tree(held: Mapping[str, bytes], made: Objects) -> str:
    """The name of the tree that holds these files; it and all below it are put into made."""
    folders: dict[str, dict[str, bytes]] = {}
    entries = []
    for path, content in held.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = content
        else:
            sha = blob_sha(content)
            made.blobs[sha] = content
            entries.append(Entry(name, "100755" if name.endswith(".sh") else "100644", "blob", sha, len(content)))
    entries += [Entry(name, "040000", "tree", store_tree(below, made)) for name, below in folders.items()]
    # Git sorts a folder as if its name ended with a slash.
    entries.sort(key=lambda one: one.name + ("/" if one.kind == "tree" else ""))
    lines = [f"{one.mode.lstrip('0')} {one.name}\0".encode() + bytes.fromhex(one.sha) for one in entries]
    sha = _sha("tree", b"".join(lines))
    made.trees[sha] = tuple(entries)
    return sha


def _sha(kind: str, content: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()
