"""What Asana's deliveries mean: the handshake, the heartbeat, and hints that both lanes tell in the same words."""

import dataclasses
import json
from typing import Any

import pytest
import vendor_fake
from vendor_fake import NOW, delivery, sample

from chalicelib.ingest.source import Event, Verdict
from chalicelib.sources.asana import source

# The sample secret of Asana's description of createWebhook; the digests are computed from it.
KEY = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81"
BODY = (
    b'{"events":[{"user":{"gid":"1111","resource_type":"user"},"resource":{"gid":"2222","resource_type":"task"},'
    b'"action":"changed","parent":null,"created_at":"2026-01-01T00:00:00.000Z","change":{"field":"assignee",'
    b'"action":"changed","new_value":{"gid":"1111","resource_type":"user"}}}]}'
)
VECTORS = {
    "an event": (BODY, "f6860d96cbd1dc2f1e9152557dd18f6a627b42880bc99b290d9abfe94e2b6429", "ok"),
    "the heartbeat": (
        b'{"events":[]}',
        "10468027b67df18c739cc4794c6fc2d2806dcaaf2259fc3e1ed9d26433659853",
        "ok",
    ),
    "the same JSON in other bytes": (
        b'{"events": []}',
        "10468027b67df18c739cc4794c6fc2d2806dcaaf2259fc3e1ed9d26433659853",
        "signature_mismatch",
    ),
}
TASK, STORY, PROJECT, SECTION = (f"12099000000000{tail}" for tail in ("00203", "00305", "00101", "00407"))
MEANT = {
    "webhook__heartbeat": [("heartbeat", "-", "event")],
    "webhook__task_added": [("task", TASK, "partial"), ("task", TASK, "partial")],
    "webhook__task_changed": [("task", TASK, "partial"), ("task", TASK, "partial")],
    "webhook__task_completed_by_a_rule": [("task", TASK, "partial")],
    "webhook__task_deleted": [("task", TASK, "partial"), ("task", TASK, "delete")],
    "webhook__task_undeleted": [("task", TASK, "partial")],
    "webhook__story_added": [("story", STORY, "partial")],
    "webhook__story_deleted": [("story", STORY, "delete")],
    "webhook__section_changed": [("section", SECTION, "partial")],
    "webhook__project_changed": [("project", PROJECT, "partial")],
    "webhook__project_deleted": [("project", PROJECT, "delete")],
    "webhook__unknown_resource": [
        ("time_tracking_entry", "1209900000000000999", "partial"),
        ("goal", "1209900000000000888", "partial"),
    ],
}
SAMPLES = sorted((vendor_fake.ROOT / "events" / "asana" / "samples").glob("webhook__*.json"))


def read(body: bytes) -> list[Event]:
    assert source.webhook
    return list(source.webhook.read(delivery("asana", body)))


@pytest.mark.parametrize(("body", "signature", "reason"), VECTORS.values(), ids=VECTORS)
def test_judges_the_vectors_made_from_the_published_secret(body: bytes, signature: str, reason: str) -> None:
    assert source.webhook
    told = delivery("asana", body, x_hook_signature=signature)
    assert source.webhook.scheme.verify(told, [KEY], NOW) == Verdict(reason == "ok", reason)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_reads_every_sample_as_the_table_says(path: Any) -> None:
    events = read(path.read_bytes())
    assert [(one.stream, one.entity_id, one.operation) for one in events] == MEANT[path.stem]


def test_gives_the_secret_of_a_handshake_back_and_brings_it_along() -> None:
    assert source.webhook and source.webhook.greet
    greeting = source.webhook.greet(delivery("asana", b"", x_hook_secret=KEY))
    assert greeting and greeting.secret == KEY
    assert dict(greeting.answer.headers) == {"X-Hook-Secret": KEY}
    assert source.webhook.greet(delivery("asana", BODY, x_hook_signature="0" * 64)) is None


def test_one_happening_told_by_two_projects_is_one_event_and_two_fields_are_two() -> None:
    once, again = (
        read(sample("asana", "webhook__task_changed.json")),
        read(sample("asana", "webhook__task_changed.json")),
    )
    assert [one.dedupe for one in once] == [one.dedupe for one in again]
    assert once[0].dedupe != once[1].dedupe


def test_a_webhook_and_an_event_stream_tell_a_deletion_as_one_event() -> None:
    listed = json.loads(sample("asana", "pull__events.json"))["data"]
    told = read(json.dumps({"events": listed}).encode())[-1]
    assert told.dedupe == read(sample("asana", "webhook__task_deleted.json"))[-1].dedupe


def test_of_removal_and_deletion_at_one_instant_the_deletion_counts() -> None:
    removed, deleted = read(sample("asana", "webhook__task_deleted.json"))
    assert removed.source_updated_at == deleted.source_updated_at
    assert (deleted.source_version or "") > (removed.source_version or "")


def test_an_entry_that_cannot_be_read_is_quarantined_beside_its_neighbours() -> None:
    body = json.loads(BODY)
    body["events"].append({"action": "changed", "resource": {"gid": None}})
    events = read(json.dumps(body).encode())
    assert [one.stream for one in events] == ["task", "quarantine"]
    assert dataclasses.asdict(events[1])["operation"] == "event"
