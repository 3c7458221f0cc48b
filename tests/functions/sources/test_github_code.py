"""Which files of which repositories GitHub is asked for, what becomes of them, and what is told when they change."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from github_repositories_fake import CENSUS, FEES, FILES, LEDGER, STREAM, Account
from vendor_fake import NOW, answer, entities, sample

from chalicelib.errors import VendorSaysNo
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Event
from chalicelib.sources._github_trees import why_left_out
from chalicelib.sources.github import source
from events.github import record_of
from infra.company.codebase import blob_sha


def changes(events: list[Event]) -> dict[str, str]:
    """By path, what became of the file."""
    return {event.entity_id.partition(":")[2]: event.operation for event in events}


def test_every_file_is_told_with_its_text_and_where_it_stands() -> None:
    events, cursor = Account().read()
    assert entities(events) == {f"{LEDGER}:{path}" for path in FILES}
    [fees] = [one for one in events if one.entity_id.endswith("fees.py")]
    assert json.loads(fees.payload) == {
        "repository": LEDGER,
        "path": "src/fees.py",
        "sha": blob_sha(FEES),
        "size": len(FEES),
        "commit_sha": f"{1:040x}",
        "committed_at": "2025-10-29T09:00:00Z",
        "content": FEES.decode(),
    }
    assert fees.source_updated_at == datetime(2025, 11, 1, 9, tzinfo=UTC), "the push, by GitHub's clock"
    assert fees.occurred_at == datetime(2025, 10, 29, 9, tzinfo=UTC), "the commit, by its author's"
    assert list(cursor) == ["heads"]
    for event in events:
        record_of("code_file", json.loads(event.payload))


def test_a_run_that_is_killed_anywhere_loses_no_file() -> None:
    account = Account({f"src/part_{n:03}.py": b"N = %d\n" % n for n in range(120)} | {"main.sql": b"select 1;\n"})
    account.push({"a.py": b"A = 1\n"}, "payready-labs/portal")
    how = {"repositories": [LEDGER, "payready-labs/portal"], "code": True}
    events, cursor = account.read(**how)
    pieces, cursor_of_pieces = account.vendor.read_with_a_stop_after_every_page("code_file", **how)
    assert len(entities(events)) == 122
    assert entities(pieces) == entities(events)
    assert cursor_of_pieces == cursor


def test_a_run_that_is_killed_among_deletions_tells_each() -> None:
    account = Account({f"src/part_{n:03}.py": b"N = 1\n" for n in range(120)})
    _, cursor = account.read()
    account.push({"main.py": b"pass\n"})
    told, cursor = account.read(cursor, most_pages=1)
    while {"after", "within"} & cursor.keys():
        events, cursor = account.read(cursor, most_pages=1)
        told += events
    assert changes(told) == {"main.py": "upsert"} | {f"src/part_{n:03}.py": "delete" for n in range(120)}


def test_a_repository_that_nobody_has_pushed_to_costs_one_question() -> None:
    account = Account()
    _, cursor = account.read()
    events, following = account.read(cursor)
    assert (events, following) == ([], cursor)
    assert account.vendor.paths() == [f"repos/{LEDGER}"]


def test_soon_after_a_push_the_branch_is_asked_for_though_the_repository_shows_no_other_push() -> None:
    """Which of the two GitHub moves first is unknown."""
    account = Account()
    at = datetime(2025, 11, 1, 9, 30, tzinfo=UTC)
    _, cursor = account.read(now=at)
    pushed_at = account.repositories[LEDGER]["told"]["pushed_at"]
    account.push({**FILES, "src/fees.py": b"NEW = 1\n"})
    account.repositories[LEDGER]["told"]["pushed_at"] = pushed_at
    events, _ = account.read(cursor, now=at)
    assert changes(events) == {"src/fees.py": "upsert"}


def test_another_default_branch_is_read_though_nobody_pushed_to_it() -> None:
    account = Account()
    _, cursor = account.read()
    pushed_at = account.repositories[LEDGER]["told"]["pushed_at"]
    account.push({**FILES, "src/fees.py": b"NEW = 1\n"})
    account.repositories[LEDGER]["told"] |= {"pushed_at": pushed_at, "default_branch": "release/2"}
    events, _ = account.read(cursor)
    assert changes(events) == {"src/fees.py": "upsert"}
    assert f"repos/{LEDGER}/branches/release%2F2" in account.vendor.paths()


def test_after_a_push_what_differs_is_told_and_nothing_else() -> None:
    account = Account()
    _, cursor = account.read()
    account.push({"README.md": FILES["README.md"], "src/fees.py": b"FEE = 5\n", "src/parts.py": b"PARTS = 3\n"})
    events, cursor = account.read(cursor)
    assert changes(events) == {"src/fees.py": "upsert", "src/parts.py": "upsert", "src/plans/parts.py": "delete"}
    assert [path for path in account.vendor.paths() if "blobs" in path] == [
        f"repos/{LEDGER}/git/blobs/{blob_sha(content)}" for content in (b"FEE = 5\n", b"PARTS = 3\n")
    ]
    assert account.read(cursor)[0] == []


def test_a_push_that_is_forced_back_to_what_stood_before_is_the_newer_version() -> None:
    account = Account()
    first, cursor = account.read()
    account.push({**FILES, "src/fees.py": b"FEE = 5\n"})
    second, cursor = account.read(cursor)
    account.push(FILES)
    third, _ = account.read(cursor)
    versions = [one for one in first + second + third if one.entity_id.endswith("fees.py")]
    newest = max(versions, key=lambda one: (one.source_updated_at or NOW, one.source_version or ""))
    assert json.loads(newest.payload)["content"] == FEES.decode()
    assert newest is versions[-1], "though its commit is the oldest of all"
    assert len({one.payload for one in versions}) == 3, "they are three events"


def test_where_git_has_collected_what_was_read_before_all_is_told_anew() -> None:
    account = Account()
    _, cursor = account.read()
    account.collected.add(cursor["heads"][LEDGER]["tree"])
    account.push({"src/fees.py": FEES})
    events, _ = account.read(cursor)
    assert changes(events) == {"src/fees.py": "upsert"}, "what is gone the check finds, which lists what there is"


def test_a_push_between_two_runs_of_one_reading_is_the_next_reading_s() -> None:
    account = Account({f"src/part_{n:03}.py": b"N = %d\n" % n for n in range(60)})
    options = {"repositories": [LEDGER], "code": True}
    first, cursor = account.vendor.read("code_file", most_pages=1, **options)
    account.push({f"src/part_{n:03}.py": b"M = %d\n" % n for n in range(60)})
    rest, cursor = account.read(cursor)
    assert len(first) == 50 and {json.loads(one.payload)["commit_sha"] for one in first + rest} == {f"{1:040x}"}
    again, _ = account.read(cursor)
    assert len(again) == 60


def test_a_reading_whose_commit_was_collected_meanwhile_begins_again() -> None:
    account = Account({f"src/part_{n:03}.py": b"N = %d\n" % n for n in range(60)})
    _, cursor = account.vendor.read("code_file", most_pages=1, repositories=[LEDGER], code=True)
    account.collected.add(cursor["within"]["head"]["tree"])
    account.push({"main.py": b"pass\n"})
    events, cursor = account.read(cursor)
    assert events == []
    assert changes(account.read(cursor)[0]) == {"main.py": "upsert"}


def test_a_tree_too_large_for_one_answer_is_walked_through_the_folders_that_differ() -> None:
    account = Account({**FILES, "docs/a.md": b"# A\n", "vendor/b/b.go": b"package b\n"})
    account.is_truncated = True
    events, cursor = account.read()
    assert changes(events) == dict.fromkeys([*FILES, "docs/a.md"], "upsert")
    account.push({**FILES, "src/plans/parts.py": b"PARTS = 4\n", "vendor/b/b.go": b"package c\n"})
    events, _ = account.read(cursor)
    assert changes(events) == {"docs/a.md": "delete", "src/plans/parts.py": "upsert"}
    folders = [one for one in account.vendor.asked if "/trees/" in one.path and not one.params]
    assert len(folders) == 2 * 3 + 1, "old and new of the root, src and src/plans; docs of the old alone; vendor never"


@pytest.mark.parametrize(
    ("path", "size", "reason"),
    [
        ("src/fees.py", 1, None),
        ("README.md", 1, None),
        ("Main.TS", 200_000, None),
        ("src/fees.py", 200_001, "too_large"),
        ("web/node_modules/left/pad.js", 1, "others_work"),
        ("vendor/example.com/clock.go", 1, "others_work"),
        ("vendor.go", 1, None),
        ("dist/app.js", 1, "others_work"),
        ("public/app.min.js", 1, "generated"),
        ("api/payment_pb2.py", 1, "generated"),
        ("package-lock.json", 1, "no_source"),
        (".env", 1, "no_source"),
        ("logo.png", 1, "no_source"),
        ("Makefile", 1, "no_source"),
    ],
)
def test_only_what_people_wrote_is_read(path: str, size: int, reason: str | None) -> None:
    assert why_left_out(path, size) == reason


def test_links_and_submodules_are_no_files() -> None:
    account = Account()
    tree = json.loads(sample("github", "pull__git_tree.json"))
    blob = json.loads(sample("github", "pull__git_blob.json"))
    branch = json.loads(sample("github", "pull__branch.json"))

    def told(request: Request) -> Any:
        for path, found in {"branches": branch, "git/trees": tree, "git/blobs": blob}.items():
            if f"{LEDGER}/{path}/" in request.path:
                return found
        return account.answer(request)

    account.vendor.told = told
    assert changes(account.read()[0]) == {"README.md": "upsert", "src/fees.py": "upsert"}


@pytest.mark.parametrize("content", ["-- Beträge\n".encode("latin-1"), b"select 1;\0\n"], ids=["latin-1", "binary"])
def test_what_is_no_text_is_there_without_its_content(content: bytes) -> None:
    """Were it not told, the check would miss it each time."""
    [event], _ = Account({"old.sql": content}).read()
    assert (event.operation, json.loads(event.payload)["content"]) == ("upsert", None)
    record_of("code_file", json.loads(event.payload))


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ({"organization": "payready-labs"}, set()),
        ({"organization": "payready-labs", "code": False}, set()),
        ({"organization": "payready-labs", "code": True}, {"ledger", "portal"}),
        ({"organization": "payready-labs", "code": ["payready-labs/fork"]}, {"fork"}),
        ({"repositories": ["payready-labs/portal"], "code": True}, {"portal"}),
        ({"repositories": ["payready-labs/portal"], "code": ["payready-labs/gone", LEDGER]}, {"ledger"}),
    ],
)
def test_only_the_code_that_the_operator_opened_is_read(options: dict[str, Any], read: set[str]) -> None:
    account = Account()
    account.push({"a.py": b"A = 1\n"}, "payready-labs/portal")
    account.push({"a.py": b"A = 1\n"}, "payready-labs/fork", is_fork=True)
    events, _ = account.vendor.read("code_file", **options)
    assert {event.entity_id.split(":")[0].split("/")[1] for event in events} == read
    listed = account.census(**{"repositories": None, "code": None, **options})
    assert entities(listed) == entities(events)
    for event in listed:
        assert account.fetch(event.entity_id, **{"repositories": None, "code": None, **options})
    shut = account.fetch("payready-labs/fork:a.py", **{"repositories": None, "code": None, **options})
    assert (shut is not None) == ("fork" in read)


@pytest.mark.parametrize("status", [404, 409, 451])
def test_a_repository_that_is_empty_or_closed_costs_the_others_nothing(status: int) -> None:
    account = Account()
    account.push({"a.py": b"A = 1\n"}, "payready-labs/aaa")

    def closed(request: Request) -> Any:
        return answer({}, status) if "aaa/branches" in request.path else account.answer(request)

    account.vendor.told = closed
    events, cursor = account.read(repositories=["payready-labs/aaa", LEDGER])
    assert len(events) == 3 and set(cursor["heads"]) == {LEDGER}


def test_a_check_lists_every_file_without_reading_any_and_fetches_one_as_it_was_read() -> None:
    account = Account()
    events, _ = account.read()
    account.vendor.asked.clear()
    listed = account.census()
    assert entities(listed) == entities(events) and {one.payload for one in listed} == {b""}
    assert {one.occurred_at for one in listed} == {datetime(2025, 11, 1, 9, tzinfo=UTC)}
    assert not [path for path in account.vendor.paths() if "blobs" in path]
    assert [account.fetch(one.entity_id) for one in sorted(events, key=lambda one: one.entity_id)] == sorted(
        events, key=lambda one: one.entity_id
    )


@pytest.mark.parametrize("gone", ["src/gone.py", "src/plans", "uv.lock"])
def test_what_is_no_file_of_ours_any_more_is_fetched_as_nothing(gone: str) -> None:
    account = Account({**FILES, "uv.lock": b"version = 1\n"})
    found = account.answer

    def told(request: Request) -> Any:
        return [{"type": "file"}] if request.path.endswith("contents/src/plans") else found(request)

    account.vendor.told = told
    assert account.fetch(f"{LEDGER}:{gone}") is None


def test_the_files_of_a_renamed_repository_are_gone_under_its_old_name() -> None:
    account = Account()
    account.repositories["payready-labs/books"] = account.repositories[LEDGER]
    account.repositories[LEDGER]["told"]["full_name"] = "payready-labs/books"  # GitHub redirects the old one
    events, _ = account.read()
    assert entities(events) == {f"payready-labs/books:{path}" for path in FILES}
    assert account.fetch(f"{LEDGER}:README.md") is None


def test_of_a_repository_that_is_closed_to_us_nothing_is_taken_for_gone() -> None:
    with pytest.raises(VendorSaysNo, match="payready-labs/secret"):
        Account().fetch("payready-labs/secret:a.py")


def test_reading_code_leaves_half_of_the_hour_to_the_other_streams() -> None:
    account = Account()
    account.read()
    assert {one.bucket for one in account.vendor.asked if one.path != f"repos/{LEDGER}"} == {"code"}
    assert source.pull
    rates = source.pull.rates
    assert rates["code"].requests / rates["code"].per_s == rates[""].requests / rates[""].per_s / 2


def test_a_check_leaves_what_was_pushed_since_the_last_run_to_the_next_one() -> None:
    assert CENSUS.lag > STREAM.every
