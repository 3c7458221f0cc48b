"""Which files of a git tree people wrote, and which of them differ between two trees.

docs.github.com, "REST API endpoints for Git trees". Trees are compared rather than commits: `compare` tells at most 300
files, and of a branch that was forced elsewhere it tells what came since the common ancestor, not what has gone.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import msgspec

from ..ingest.bodies import typed
from ..ingest.pages import Request
from ..ingest.source import Reading
from ..log import log

CODE = "code"
"""The bucket of what reads code, so that a first reading leaves room for the other streams."""
LARGEST_BYTES = 200_000
_SUFFIXES = (
    *(".c", ".cc", ".cjs", ".cpp", ".cs", ".cts", ".cxx", ".dart", ".ex", ".exs", ".go", ".graphql", ".groovy", ".h"),
    *(".hcl", ".hpp", ".hs", ".java", ".jl", ".js", ".jsx", ".kt", ".kts", ".lua", ".m", ".markdown", ".md", ".mjs"),
    *(".mm", ".mts", ".php", ".pl", ".proto", ".ps1", ".py", ".pyi", ".r", ".rb", ".rs", ".scala", ".sh", ".sql"),
    *(".svelte", ".swift", ".tf", ".ts", ".tsx", ".vue"),
)
"""Source code and Markdown. Settings and data files are no text to be found by meaning, and hold secrets more often."""
_OTHERS_FOLDERS = frozenset(
    ("bower_components", "dist", "node_modules", "site-packages", "third_party", "vendor", "venv", ".venv", ".yarn")
)
_GENERATED = (".min.js", ".min.mjs", ".bundle.js", ".pb.go", "_pb2.py", "_pb2.pyi", "_pb2_grpc.py")
_FILES = frozenset(("100644", "100755"))
"""Modes of an entry that is a file: the others are folders, symbolic links and submodules."""


class Entry(msgspec.Struct):
    """One line of a tree. path is relative to the tree that was asked for; a folder has no size."""

    path: str
    mode: str
    type: str
    sha: str
    size: int = 0


class _Tree(msgspec.Struct):
    tree: list[Entry]
    truncated: bool = False


_tree = msgspec.json.Decoder(_Tree)
_NO_TREE = _Tree([])


def why_left_out(path: str, size: int) -> str | None:
    """`others_work`, `generated`, `no_source` or `too_large`; None for a file that is read."""
    found = PurePosixPath(path)
    if not _OTHERS_FOLDERS.isdisjoint(found.parts[:-1]):
        return "others_work"
    if found.name.lower().endswith(_GENERATED):
        return "generated"
    if found.suffix.lower() not in _SUFFIXES:
        return "no_source"
    return "too_large" if size > LARGEST_BYTES else None


class Trees:
    """The trees of one repository. left_out counts the files passed over in the newer trees, by reason."""

    def __init__(self, reading: Reading, repository: str) -> None:
        self._http, self._repository = reading.http, repository
        self.left_out: Counter[str] = Counter()

    def changes(self, before: str | None, after: str) -> dict[str, Entry | None] | None:
        """By path what stands in tree `after` otherwise than in tree `before` (None: all that stands in it), None for
        what is gone; in the order of the paths. None where GitHub no longer has `after`; without `before`, which a
        forced push may leave behind to be collected, everything is told and nothing is known to be gone.
        """
        if before == after:
            return {}
        now, was = self._ask(after, is_whole=True), self._ask(before, is_whole=True) if before else None
        if now is None:
            return None
        if now.truncated or (was and was.truncated):
            # Beyond 100,000 entries or 7 MB: "fetch one sub-tree at a time", and only those that differ.
            found = dict(self._walked("", before if was else None, after))
        else:
            found = dict(self._compared("", was or _NO_TREE, now))
        log.info(
            "code_tree_read",
            source="github",
            repository=self._repository,
            files=len(found),
            left_out=dict(self.left_out),
            is_truncated=now.truncated,
        )
        return dict(sorted(found.items()))

    def _walked(self, prefix: str, before: str | None, after: str | None) -> Iterator[tuple[str, Entry | None]]:
        """Folder by folder. What GitHub no longer has of either is as if it were empty."""
        was = (self._ask(before) if before else None) or _NO_TREE
        now = (self._ask(after) if after else None) or _NO_TREE
        yield from self._compared(prefix, was, now)
        old, new = _folders(was), _folders(now)
        for name in old.keys() | new.keys():
            if old.get(name) != new.get(name) and name not in _OTHERS_FOLDERS:
                yield from self._walked(f"{prefix}{name}/", old.get(name), new.get(name))

    def _compared(self, prefix: str, was: _Tree, now: _Tree) -> Iterator[tuple[str, Entry | None]]:
        old, new = self._kept(prefix, was, Counter()), self._kept(prefix, now, self.left_out)
        yield from ((path, None) for path in old.keys() - new.keys())
        yield from ((path, one) for path, one in new.items() if path not in old or old[path].sha != one.sha)

    def _kept(self, prefix: str, tree: _Tree, left_out: Counter[str]) -> Mapping[str, Entry]:
        kept = {}
        for one in tree.tree:
            if one.type != "blob" or one.mode not in _FILES:
                continue
            path = prefix + one.path
            if reason := why_left_out(path, one.size):
                left_out[reason] += 1
            else:
                kept[path] = one
        return kept

    def _ask(self, sha: str, is_whole: bool = False) -> _Tree | None:
        # Any value of `recursive`, 0 too, makes it so.
        params = {"recursive": "1"} if is_whole else {}
        answer = self._http.ask(Request(f"repos/{self._repository}/git/trees/{sha}", params=params, bucket=CODE))
        return typed(_tree, answer.body) if answer.ruling.kind == "ok" else None


def _folders(tree: _Tree) -> Mapping[str, str]:
    return {one.path: one.sha for one in tree.tree if one.type == "tree"}
