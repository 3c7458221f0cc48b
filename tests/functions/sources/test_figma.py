"""What Figma's deliveries mean without ids or signatures, that no passcode is kept, and how its listings are read."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import vendor_fake
from vendor_fake import NOW, FakeVendor, answer, delivery, entities, sample

from chalicelib.errors import ConfigurationMissing, VendorSaysNo
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Connection, Event
from chalicelib.ingest.subscription import Wanted
from chalicelib.sources.figma import source
from events import figma as records

KEY = "pR3pAyReAdYfIlEkEy0001"
MEANT = {
    "webhook__file_update": ("file", KEY, "partial"),
    "webhook__file_update_number_id": ("file", KEY, "partial"),
    "webhook__spaced": ("file", KEY, "partial"),
    "webhook__file_delete": ("file", KEY, "delete"),
    "webhook__file_version_update": ("version", f"{KEY}/5211300400001", "upsert"),
    "webhook__file_comment": ("comment", f"{KEY}/904411201", "upsert"),
    "webhook__file_comment_reply": ("comment", f"{KEY}/904411202", "upsert"),
}
FACTS = {
    "webhook__ping": "ping",
    "webhook__library_publish_components": "library_publish",
    "webhook__library_publish_styles": "library_publish",
    "webhook__dev_mode_status_update": "dev_mode_status_update",
    "webhook__unknown_type": "file_levitated",
}
SAMPLES = sorted((vendor_fake.ROOT / "events" / "figma" / "samples").glob("webhook__*.json"))


def read(body: bytes) -> Event:
    assert source.webhook
    (event,) = source.webhook.read(delivery("figma", body))
    return event


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_reads_every_sample_as_the_tables_say(path: Any) -> None:
    event = read(path.read_bytes())
    if path.stem in FACTS:
        assert (event.stream, event.operation) == (FACTS[path.stem], "event")
    else:
        assert (event.stream, event.entity_id, event.operation) == MEANT[path.stem]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_takes_the_passcode_out_and_nothing_else(path: Any) -> None:
    assert source.webhook and source.webhook.redact
    body = path.read_bytes()
    with_passcode = body.replace(b'"passcode": ""', b'"passcode": "p\\"\\u00e9 ss"')
    assert with_passcode != body
    redacted = source.webhook.redact(with_passcode)
    assert redacted == body.replace(b'"passcode": ""', b'"passcode": "redacted"')
    assert read(redacted).dedupe == read(with_passcode).dedupe


def test_a_body_cut_short_is_the_senders_own_when_it_bears_the_passcode() -> None:
    assert source.webhook
    body = sample("figma", "webhook__file_comment.json").replace(b'"passcode": ""', b'"passcode": "pass"')
    for cut, is_ours in ((body[: body.index(b'"timestamp"')], True), (body[:40], False)):
        verdict = source.webhook.scheme.verify(delivery("figma", cut), ["pass"], NOW)
        assert verdict.is_authentic == is_ours
        assert not source.webhook.scheme.verify(delivery("figma", cut), ["other"], NOW).is_authentic


def test_the_parts_of_one_publication_are_events_of_their_own() -> None:
    parts = [sample("figma", f"webhook__library_publish_{part}.json") for part in ("components", "styles")]
    assert read(parts[0]).dedupe != read(parts[1]).dedupe
    assert read(parts[0]).dedupe == read(json.dumps(json.loads(parts[0])).encode()).dedupe


def test_what_a_listing_shows_of_a_comment_counts_more_than_what_was_told_of_it() -> None:
    told = read(sample("figma", "webhook__file_comment.json"))
    fake = FakeVendor(source, Team(comments={KEY: json.loads(sample("figma", "pull__comments.json"))["comments"]}))
    listed = fake.read("comment", teams=["1"])[0][0]
    assert (told.stream, told.entity_id) == (listed.stream, listed.entity_id)
    assert told.source_updated_at is listed.source_updated_at is None
    assert (listed.source_version or "") > (told.source_version or "")


class Team:
    """One team with one project; files, and below them versions two a page and comments all at once."""

    def __init__(self, **below: dict[str, list[dict[str, Any]]]) -> None:
        keys = sorted({key for found in below.values() for key in found} | {KEY})
        self.files = [{"key": key, "name": key, "last_modified": "2025-11-20T17:00:00Z"} for key in keys]
        self.below = below
        self.listings = 0

    def __call__(self, request: Request) -> Any:
        if request.path == "v1/teams/1/projects":
            return {"projects": [{"id": "7", "name": "App"}]}
        if request.path == "v1/projects/7/files":
            self.listings += 1
            return {"files": [{**one, "thumbnail_url": f"https://t.example/{self.listings}"} for one in self.files]}
        path, _, query = request.path.partition("?")
        if found := re.fullmatch(r"(?:https://vendor.example/)?v1/files/(\w+)/(versions|comments)", path):
            listed = self.below.get(found[2], {}).get(found[1], [])
            if found[2] == "comments":
                return {"comments": listed}
            start = int(query.removeprefix("before=") or 0)
            following = f"https://vendor.example/v1/files/{found[1]}/versions?before={start + 2}"
            more = {"next_page": following} if len(listed) > start + 2 else {}
            return {"versions": listed[start : start + 2], "pagination": more}
        raise AssertionError(request.path)


def version(number: int, day: int = 20) -> dict[str, Any]:
    return {"id": str(number), "created_at": f"2025-11-{day:02d}T17:00:00Z", "user": {"id": "u"}}


def test_all_versions_of_a_file_are_read_by_runs_that_are_killed_after_each_page() -> None:
    team = Team(versions={KEY: [version(n) for n in range(5)], "other": [version(9)]})
    events, _ = FakeVendor(source, team).read_with_a_stop_after_every_page("version", teams=["1"])
    assert entities(events) == {*(f"{KEY}/{n}" for n in range(5)), "other/9"}


def test_later_runs_look_into_edited_files_and_only_down_to_what_was_told() -> None:
    team = Team(versions={KEY: [version(n, day) for n, day in ((5, 20), (4, 20), (3, 5), (2, 5), (1, 4))], "old": []})
    old = next(one for one in team.files if one["key"] == "old")
    old["last_modified"] = "2025-01-01T00:00:00Z"
    fake = FakeVendor(source, team)
    events, _ = fake.read("version", {"since": "2025-11-20T16:30:00+00:00"}, teams=["1"])
    assert entities(events) == {f"{KEY}/{n}" for n in (5, 4, 3, 2)}
    assert not any("old" in path for path in fake.paths())


def test_comments_are_asked_for_in_every_file_each_time() -> None:
    fake = FakeVendor(source, Team(comments={KEY: [version(1)], "other": []}))
    _, cursor = fake.read("comment", teams=["1"])
    fake.asked.clear()
    fake.read("comment", cursor, now=NOW + timedelta(days=9), teams=["1"])
    assert sum(path.endswith("comments") for path in fake.paths()) == 2


def test_a_file_listed_twice_is_one_event_though_its_thumbnail_is_signed_anew() -> None:
    fake = FakeVendor(source, Team())
    first, second = (fake.read("file", teams=["1"])[0] for _ in range(2))
    assert first[0].payload != second[0].payload
    assert first[0].dedupe == second[0].dedupe
    assert json.loads(first[0].payload)["project_id"] == "7"


def test_without_teams_the_operator_is_told_where_to_find_them() -> None:
    with pytest.raises(ConfigurationMissing, match=r"figma\.com/files/team"):
        FakeVendor(source, Team()).read("file")


def test_a_refused_token_ends_the_run_and_a_closed_file_does_not() -> None:
    assert source.pull
    assert source.pull.judge(answer(json.loads(sample("figma", "pull__error_token.json")), 403)).kind == "refused"
    assert source.pull.judge(answer({"status": 403, "err": "File not accessible"}, 403)).kind == "skip"
    assert source.pull.judge(answer({}, 429, retry_after="240")).after_s == 240


def hook(event_type: str, status: str = "ACTIVE", endpoint: str = "https://us.example/") -> dict[str, Any]:
    return {"id": event_type, "event_type": event_type, "status": status, "endpoint": endpoint}


def test_what_was_sent_in_vain_is_read_from_figmas_own_memory_without_its_passcode() -> None:
    def told(request: Request) -> Any:
        if request.path == "v2/webhooks":
            return {"webhooks": [{**hook("FILE_UPDATE"), "description": "Sophia Intel"}, hook("FILE_COMMENT")]}
        assert request.path == "v2/webhooks/FILE_UPDATE/requests"
        return json.loads(sample("figma", "pull__webhook_requests.json"))

    (event,), cursor = FakeVendor(source, told).read("webhook_request", teams=["1"])
    assert cursor == {}
    assert json.loads(event.payload)["passcode"] == "redacted"
    assert event.dedupe == read(sample("figma", "webhook__file_update.json")).dedupe


def test_only_the_webhooks_that_are_missing_are_made() -> None:
    made: list[dict[str, Any]] = []

    def told(request: Request) -> Any:
        if request.method == "GET":
            held = [
                hook("FILE_UPDATE"),
                hook("FILE_COMMENT", "PAUSED"),
                hook("LIBRARY_PUBLISH", endpoint="https://b.example/"),
            ]
            return {"webhooks": held}
        made.append(dict(request.json or {}))
        return hook(made[-1]["event_type"])

    assert source.subscriptions
    connection = Connection("figma", "default", "https://vendor.example/", {}, {"teams": [1]})
    wanted = Wanted("https://us.example/", "s" * 120, NOW)
    created = source.subscriptions.create(FakeVendor(source, told), connection, wanted)  # type: ignore[arg-type]
    assert {one["event_type"] for one in made} == {
        "FILE_VERSION_UPDATE",
        "FILE_COMMENT",
        "LIBRARY_PUBLISH",
        "DEV_MODE_STATUS_UPDATE",
    }
    assert created.secrets == ["s" * 100] == [made[0]["passcode"]]


def test_a_team_that_figma_does_not_know_is_named() -> None:
    fake = FakeVendor(source, lambda request: answer({"status": 404, "err": "Not found"}, 404))
    connection = Connection("figma", "default", "https://vendor.example/", {}, {"teams": [1]})
    assert source.subscriptions
    with pytest.raises(VendorSaysNo, match="no team '1'"):
        source.subscriptions.create(fake, connection, Wanted("https://us.example/", "s", NOW))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "key", "model"),
    [
        ("pull__projects", "projects", records.Project),
        ("pull__files", "files", records.File),
        ("pull__versions", "versions", records.Version),
        ("pull__comments", "comments", records.Comment),
    ],
)
def test_records_are_what_the_samples_hold(name: str, key: str, model: Any) -> None:
    assert [model.model_validate(one) for one in json.loads(sample("figma", f"{name}.json"))[key]]
    news = {"file_version_update": records.VersionNews, "file_comment": records.CommentNews}
    assert [one.model_validate_json(sample("figma", f"webhook__{what}.json")) for what, one in news.items()]
