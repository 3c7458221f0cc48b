"""The GitHub stand-in, as docs.github.com describes GitHub."""

import base64
import hashlib
import time

import httpx
import pytest

from infra.company.delivery import Delivery
from infra.company.vendors.site import Site


@pytest.fixture
def github(client: httpx.Client, authorised: dict) -> httpx.Client:
    client.headers.update(authorised["github"])
    return client


@pytest.fixture
def repo(site: Site) -> str:
    """The one with the most pull requests."""
    names = [pull.repository.full_name for pull in site.world.workshop.pull_requests]
    return f"/github/repos/{max(set(names), key=names.count)}"


def walk(github: httpx.Client, path: str, **params: str | int) -> list[dict]:
    """Every page, by the Link header alone."""
    answer = github.get(path, params=params)
    found = answer.json()
    while "next" in answer.links:
        answer = github.get(answer.links["next"]["url"])
        found += answer.json()
    return found


def test_credentials_and_a_user_agent_are_required(client: httpx.Client, authorised: dict, repo: str) -> None:
    assert client.get(repo).status_code == 401
    assert client.get(repo, headers=authorised["github"] | {"user-agent": ""}).status_code == 403
    assert client.get(repo, headers=authorised["github"]).status_code == 200


def test_a_repository_nobody_may_see_is_not_found(github: httpx.Client) -> None:
    assert github.get("/github/repos/payready-labs/none/pulls").status_code == 404


def test_pages_follow_the_link_header_and_hold_everything_once(github: httpx.Client, repo: str) -> None:
    whole = github.get(repo + "/pulls", params={"state": "all", "per_page": 100}).json()
    assert walk(github, repo + "/pulls", state="all", per_page=2) == whole
    assert len({one["id"] for one in whole}) == len(whole) > 4


def test_a_listing_shows_what_is_open_newest_first_unless_asked_otherwise(github: httpx.Client, repo: str) -> None:
    assert {one["state"] for one in github.get(repo + "/pulls").json()} <= {"open"}
    asked = {"state": "all", "sort": "updated", "direction": "asc", "per_page": 100}
    updated = [one["updated_at"] for one in github.get(repo + "/pulls", params=asked).json()]
    assert updated == sorted(updated)


def test_only_the_detail_says_whether_it_was_merged_and_how_large_it_is(github: httpx.Client, repo: str) -> None:
    listed = github.get(repo + "/pulls", params={"state": "all"}).json()[0]
    assert "merged" not in listed
    assert {"merged", "additions", "changed_files"} <= github.get(f"{repo}/pulls/{listed['number']}").json().keys()


def test_issues_are_filtered_by_since_and_pull_requests_are_among_them(github: httpx.Client, repo: str) -> None:
    every = walk(github, repo + "/issues", state="all", per_page=100)
    assert any("pull_request" in one for one in every)
    since = sorted(one["updated_at"] for one in every)[len(every) // 2]
    recent = walk(github, repo + "/issues", state="all", since=since)
    assert {one["id"] for one in recent} == {one["id"] for one in every if one["updated_at"] >= since}


def test_runs_are_wrapped_and_filtered_by_creation(github: httpx.Client, repo: str) -> None:
    every = github.get(repo + "/actions/runs", params={"per_page": 100}).json()
    assert every["total_count"] == len(every["workflow_runs"])
    since = every["workflow_runs"][0]["created_at"]
    recent = github.get(repo + "/actions/runs", params={"created": f">={since}"}).json()
    assert [one["created_at"] for one in recent["workflow_runs"]] == [since]


def test_the_primary_limit_is_a_403_that_says_when_it_ends(site: Site, github: httpx.Client, repo: str) -> None:
    site.limiter.factor = 1 / 1000
    statuses = [github.get(repo).status_code for _ in range(6)]
    assert statuses[-1] in (403, 429)
    busy = github.get(repo)
    assert "retry-after" in busy.headers or int(busy.headers["x-ratelimit-reset"]) > time.time() - 10


def test_a_failed_delivery_is_listed_as_failed_and_delivered_for_real_when_asked(
    site: Site, github: httpx.Client
) -> None:
    arrived: list[Delivery] = []

    async def post(delivery: Delivery) -> int:
        arrived.append(delivery)
        return 200

    site.post = post
    failed = next(one for one in site.hook_log.attempts if one.status != "OK")
    hook = f"/github/repos/{_repository(site, failed.delivery)}/hooks/{failed.delivery.hook_id}/deliveries"
    listed = walk(github, hook, per_page=20)
    told = next(one for one in listed if one["id"] == failed.id)
    assert (told["status_code"], told["redelivery"], told["guid"]) == (502, False, failed.delivery.delivery_id)

    assert github.post(f"{hook}/{failed.id}/attempts").status_code == 202

    again = next(one for one in github.get(hook).json() if one["redelivery"])
    assert arrived == [failed.delivery]
    assert (again["guid"], again["status"]) == (failed.delivery.delivery_id, "OK")
    assert github.get(f"{hook}/{failed.id}").json()["request"]["payload"]


def test_a_delivery_the_receiver_refused_can_be_reported_as_failed(site: Site, github: httpx.Client) -> None:
    one = next(one for one in site.hook_log.attempts if one.status == "OK")
    answer = github.post("/_control/failed_deliveries", json={"guids": [one.delivery.delivery_id, "unknown"]})
    assert answer.json() == {"known": 1}
    hook = f"/github/repos/{_repository(site, one.delivery)}/hooks/{one.delivery.hook_id}/deliveries"
    failures = walk(github, hook, status="failure")
    assert one.delivery.delivery_id in {told["guid"] for told in failures}


def test_deliveries_reported_as_failed_together_remain_several(site: Site, github: httpx.Client) -> None:
    guids = [one.delivery.delivery_id for one in site.hook_log.attempts[:3]]
    assert github.post("/_control/failed_deliveries", json={"guids": guids}).json() == {"known": 3}
    ids = [one.id for one in site.hook_log.attempts]
    assert len(ids) == len(set(ids))


def _repository(site: Site, delivery: Delivery) -> str:
    return next(one.full_name for one in site.world.workshop.repositories if one.hook_id == delivery.hook_id)


def test_the_default_branch_leads_to_every_file_as_git_keeps_it(github: httpx.Client, site: Site) -> None:
    repo = "/github/repos/payready-labs/ledger"
    newest = github.get(f"{repo}/branches/main").json()["commit"]
    whole = github.get(f"{repo}/git/trees/{newest['commit']['tree']['sha']}", params={"recursive": "0"}).json()
    entries = {one["path"]: one for one in whole["tree"]}
    assert whole["sha"] == newest["commit"]["tree"]["sha"] and not whole["truncated"]
    assert {"README.md", "src", "src/ledger", "src/ledger/fees.py"} <= entries.keys()
    root = github.get(f"{repo}/git/trees/{whole['sha']}").json()["tree"]
    assert {one["path"] for one in root} == {path for path in entries if "/" not in path}
    for path, one in entries.items():
        if one["type"] == "blob":
            blob = github.get(f"{repo}/git/blobs/{one['sha']}").json()
            content = base64.b64decode(blob["content"])
            assert hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest() == one["sha"]
            assert one["size"] == blob["size"] == len(content)
            assert github.get(f"{repo}/contents/{path}").json()["sha"] == one["sha"]
    for path in ("branches/next", "git/trees/0", "git/blobs/0", "contents/none.py", "contents/src"):
        assert github.get(f"{repo}/{path}").status_code == 404


def test_code_is_changed_by_merges_and_what_stood_before_is_still_there(github: httpx.Client, site: Site) -> None:
    repo, found = "/github/repos/payready-labs/ledger", []
    for at in (site.world.started_at, site.now):
        site.now = at
        commit = github.get(f"{repo}/branches/main").json()["commit"]
        assert commit["commit"]["committer"]["date"] <= github.get(repo).json()["pushed_at"]
        found.append(commit)
    merged = {one.merge_sha for one in site.world.workshop.pull_requests}
    assert found[0]["sha"] not in merged and found[1]["sha"] in merged
    before, after = (
        {
            one["path"]: one["sha"]
            for one in github.get(f"{repo}/git/trees/{commit['commit']['tree']['sha']}?recursive=1").json()["tree"]
            if one["type"] == "blob"
        }
        for commit in found
    )
    assert after.keys() - before.keys() == {"src/ledger/bank_files.py"}
    assert before.keys() - after.keys() == {"src/ledger/files.py"}
    assert before["src/ledger/files.py"] == after["src/ledger/bank_files.py"], "renamed"
    assert before["src/ledger/fees.py"] != after["src/ledger/fees.py"]
