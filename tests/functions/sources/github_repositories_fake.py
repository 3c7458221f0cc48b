"""Repositories that are pushed to, as GitHub's API tells their files, and the stream that reads them."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from vendor_fake import NOW, FakeVendor, answer

from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Connection, Event, Reading, Window
from chalicelib.sources.github import source
from infra.company.codebase import Objects, store_tree
from infra.company.vendors.github_code import content_of, entries

LEDGER = "payready-labs/ledger"
FEES = b"def late_fee(rent):\n    return rent / 20\n"
FILES = {"README.md": b"# Ledger\n", "src/fees.py": FEES, "src/plans/parts.py": b"PARTS = 3\n"}


class Account:
    """Repositories that are pushed to; GitHub forgets what `collected` names, and truncates every tree if told so."""

    def __init__(self, files: dict[str, bytes] | None = None, name: str = LEDGER) -> None:
        self.objects, self.collected, self.is_truncated = Objects(), set[str](), False
        self.repositories: dict[str, dict[str, Any]] = {}
        self.pushes = 0
        self.vendor = FakeVendor(source, self.answer)
        self.push(FILES if files is None else files, name)

    def push(self, files: dict[str, bytes], name: str = LEDGER, is_fork: bool = False) -> str:
        """The tree that is the head of the default branch now. A commit's own clock goes back by a day each time."""
        self.pushes += 1
        tree = store_tree(files, self.objects)
        committed_at = f"2025-10-{30 - self.pushes:02}T09:00:00Z"
        self.repositories[name] = {
            "told": {
                "full_name": name,
                "default_branch": "main",
                "pushed_at": f"2025-11-{self.pushes:02}T09:00:00Z",
                "fork": is_fork,
            },
            "commit": {
                "sha": f"{self.pushes:040x}",
                "commit": {"committer": {"date": committed_at}, "tree": {"sha": tree}},
            },
            "files": files,
        }
        return tree

    def answer(self, request: Request) -> Any:
        if request.path == "orgs/payready-labs/repos":
            return [one["told"] for one in self.repositories.values()]
        found = re.fullmatch(r"repos/([^/]+/[^/]+)(/.*)?", request.path)
        name, path = (found[1], found[2] or "") if found else ("", "")
        if name not in self.repositories:
            return answer({"message": "Not Found"}, 404)
        repository = self.repositories[name]
        if not path:
            return repository["told"]
        kind, _, rest = path.removeprefix("/").removeprefix("git/").partition("/")
        if kind == "branches" and unquote(rest) == repository["told"]["default_branch"]:
            return {"commit": repository["commit"]}
        if kind == "trees" and rest in self.objects.trees and rest not in self.collected:
            is_whole = "recursive" in request.params
            shown = [] if is_whole and self.is_truncated else entries(self.objects.trees, rest, is_whole)
            return {"tree": shown, "truncated": is_whole and self.is_truncated}
        if kind == "blobs" and rest in self.objects.blobs:
            return content_of(self.objects.blobs[rest])
        if kind == "contents" and rest in repository["files"]:
            return {"type": "file", **content_of(repository["files"][rest])}
        return answer({"message": "Not Found"}, 404)

    def read(self, cursor: dict[str, Any] | None = None, **how: Any) -> tuple[list[Event], dict[str, Any]]:
        self.vendor.asked.clear()
        return self.vendor.read("code_file", cursor, **{"repositories": [LEDGER], "code": True, **how})

    def reading(self, **options: Any) -> Reading:
        connection = Connection("github", "default", "", {}, {"repositories": [LEDGER], "code": True, **options})
        return Reading(self.vendor, connection, {}, NOW)  # type: ignore[arg-type]

    def census(self, **options: Any) -> list[Event]:
        window = Window(datetime(2015, 1, 1, tzinfo=UTC), NOW)
        assert CENSUS.records
        return [one for batch in CENSUS.records(self.reading(**options), window) for one in batch]

    def fetch(self, entity_id: str, **options: Any) -> Event | None:
        assert CENSUS.fetch
        return CENSUS.fetch(self.reading(**options), entity_id)


assert source.pull
[STREAM] = [one for one in source.pull.streams if one.name == "code_file"]
assert STREAM.census
CENSUS = STREAM.census
