"""What Vercel's webhooks mean, and that its pages lose nothing where records share a millisecond."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vendor_fake
from vendor_fake import NOW, FakeVendor, answer, delivery, entities

from chalicelib.errors import ConfigurationMissing, Unreadable, VendorSaysNo, VendorUnavailable
from chalicelib.ingest.pages import Request, items
from chalicelib.ingest.source import Event
from chalicelib.sources.vercel import EVENTS, source
from events import vercel as records

DEPLOYMENT, PROJECT = "dpl_8vT2ResidentPortal5kQ1xWz", "prj_7cFeeCalculator3dHj9"
MEANT = {
    "webhook__deployment_created": ("deployment", DEPLOYMENT, "partial"),
    "webhook__deployment_ready": ("deployment", DEPLOYMENT, "partial"),
    "webhook__deployment_succeeded": ("deployment", DEPLOYMENT, "partial"),
    "webhook__deployment_error": ("deployment", "dpl_3nBrokenBuild7pQ2tRw", "partial"),
    "webhook__deployment_canceled": ("deployment", "dpl_6yGivenUp1mN8bVc", "partial"),
    "webhook__deployment_personal": ("deployment", "dpl_0kPersonal2zX4", "partial"),
    "webhook__deployment_cleanup": ("deployment", DEPLOYMENT, "delete"),
    "webhook__deployment_promoted": ("deployment_promoted", "evt_a6promoted", "event"),
    "webhook__deployment_rollback": ("deployment_rollback", "evt_a7rollback", "event"),
    "webhook__deployment_without_id": ("deployment_created", "evt_b1noid", "event"),
    "webhook__check_rerequested": ("deployment_check_rerequested", "evt_b2check", "event"),
    "webhook__project_created": ("project", PROJECT, "partial"),
    "webhook__project_renamed": ("project", PROJECT, "partial"),
    "webhook__project_removed": ("project", PROJECT, "delete"),
    "webhook__project_env_variable_created": ("project_env_variable_created", "evt_c4", "event"),
    "webhook__unknown_type": ("lease_signed", "evt_d1", "event"),
}
BODIES = sorted((vendor_fake.ROOT / "events" / "vercel" / "samples").glob("webhook__*.json"))
SECRET = "test_webhook_secret_12345"  # noqa: S105  the published one of hookdeck/webhook-skills, vercel-webhooks
SIGNED = (
    b'{"id":"event_test123","type":"deployment.created","createdAt":1698345600000,"payload":{"deployment":'
    b'{"id":"dpl_test123","name":"test-app","url":"https://test-app.vercel.app"},"project":{"id":"prj_test123",'
    b'"name":"test-app"},"team":{"id":"team_test123","name":"test-team"}},"region":"sfo1"}'
)


def read(body: bytes) -> Event:
    assert source.webhook
    (event,) = source.webhook.read(delivery("vercel", body))
    return event


def sample(name: str) -> bytes:
    return vendor_fake.sample("vercel", f"{name}.json")


@pytest.mark.parametrize(("body", "reason"), [(SIGNED, "ok"), (SIGNED[:-2] + b'2"}', "signature_mismatch")])
def test_the_vector_of_the_public_example_is_judged_as_it_should_be(body: bytes, reason: str) -> None:
    assert source.webhook
    told = delivery("vercel", body, x_vercel_signature="63947b963c5dd08738b9045228c33207f88693db")
    assert source.webhook.scheme.verify(told, [SECRET], NOW).reason == reason


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_reads_every_sample_as_the_table_says(path: Any) -> None:
    event, body = read(path.read_bytes()), json.loads(path.read_bytes())
    assert (event.stream, event.entity_id, event.operation) == MEANT[path.stem]
    assert event.dedupe == (body["id"],)
    assert event.occurred_at == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=body["createdAt"])


def test_whatever_is_subscribed_to_is_understood() -> None:
    told = {read(path.read_bytes()).stream for path in BODIES if json.loads(path.read_bytes())["type"] in EVENTS}
    assert {"deployment", "project", "deployment_promoted", "deployment_rollback"} <= told


def test_a_reading_outweighs_a_hint_and_a_removal_outweighs_both() -> None:
    fake = FakeVendor(source, lambda request: json.loads(sample("pull__deployments")))
    (pulled, *_), _ = fake.read("deployment", team_id="team_1")
    hint, removal = read(sample("webhook__deployment_created")), read(sample("webhook__deployment_cleanup"))
    assert (hint.source_version or "") < (pulled.source_version or "") < (removal.source_version or "")
    assert {hint.source_updated_at, pulled.source_updated_at, removal.source_updated_at} == {None}


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"type": 3}', b'{"type":"x","a":"\xff"}', b'{"payload":' * 9999])
def test_refuses_to_read_what_is_no_event(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


class Vercel:
    """Deployments by creation time, newest first, the bound left out as the strictest reading of `until` has it."""

    def __init__(self, times: list[int], page: int = 3) -> None:
        self.rows = [{"uid": f"dpl_{number}", "created": at} for number, at in enumerate(times)]
        self.page = page

    def __call__(self, request: Request) -> Any:
        since, until = request.params.get("since", 0), request.params.get("until", 2**62)
        rows = sorted((row for row in self.rows if since <= row["created"] < until), key=lambda row: -row["created"])
        shown = rows[: self.page]
        following = shown[-1]["created"] if len(rows) > self.page else None
        return {"deployments": shown, "pagination": {"count": len(shown), "next": following, "prev": None}}


def test_records_of_one_millisecond_cut_by_a_page_are_all_told() -> None:
    vendor = Vercel([50, 40, 30, 30, 20, 10])
    events, _ = FakeVendor(source, vendor).read("deployment", team_id="team_1")
    assert entities(events) == {row["uid"] for row in vendor.rows}


def test_a_page_within_one_millisecond_does_not_stop_the_walk() -> None:
    events, _ = FakeVendor(source, Vercel([30, 30, 30, 30, 20, 10])).read("deployment", team_id="team_1")
    assert {"dpl_4", "dpl_5"} <= entities(events)


def test_a_run_stopped_after_any_page_goes_on_there_and_the_next_reads_two_days_back() -> None:
    fake = FakeVendor(source, Vercel([1763660000000 - n for n in range(8)]))
    events, cursor = fake.read_with_a_stop_after_every_page("deployment", team_id="team_1")
    assert len(entities(events)) == 8
    fake.read("deployment", cursor, team_id="team_1")
    assert fake.asked[-1].params["since"] == int((NOW - timedelta(days=2)).timestamp() * 1000)


def test_a_connection_without_a_team_is_told_so_rather_than_found_empty() -> None:
    with pytest.raises(ConfigurationMissing, match="team_id"):
        FakeVendor(source, Vercel([])).read("project")


def test_a_listed_deployment_that_was_deleted_is_a_deletion() -> None:
    fake = FakeVendor(source, lambda request: json.loads(sample("pull__deployments_deleted")))
    ((event,), _) = fake.read("deployment", team_id="team_1")
    assert (event.operation, event.source_version) == ("delete", "removed")


@pytest.mark.parametrize(
    ("status", "error"), [(401, VendorSaysNo), (403, VendorSaysNo), (429, VendorUnavailable), (502, VendorUnavailable)]
)
def test_what_vercel_refuses_is_refused_and_what_it_cannot_do_now_is_tried_again(status: int, error: Any) -> None:
    fake = FakeVendor(source, lambda request: answer(sample("pull__error_forbidden"), status, retry_after="7"))
    with pytest.raises(error):
        fake.read("project", team_id="team_1")


def test_the_records_hold_what_staging_reads() -> None:
    for name in ("pull__deployments", "pull__deployments_first_page", "pull__deployments_deleted"):
        for raw in items(sample(name), "deployments"):
            assert records.Deployment.model_validate_json(raw).created
    assert records.Deployment.model_validate_json(sample("pull__deployment")).id == DEPLOYMENT
    assert [records.Project.model_validate_json(raw).name for raw in items(sample("pull__projects"), "projects")]
    assert records.Promoted.model_validate_json(sample("webhook__deployment_promoted")).payload.deployment
