"""That notifications of a drive say no more than they may, and that its delta tells items, deletions and resyncs."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import vendor_fake
from vendor_fake import NOW, FakeVendor, answer, delivery

from chalicelib.errors import ConfigurationMissing, VendorForgot
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Event
from chalicelib.sources.sharepoint import source
from events import sharepoint as records

DRIVE = "b!pAyReAdYcOnTrAcTsLiBrArY-_Zx"
DELTA = f"drives/{DRIVE}/root/delta"
LINK = f"https://graph.microsoft.com/v1.0/{DELTA}?token=ZGVsdGE"


def sample(name: str) -> bytes:
    return vendor_fake.sample("sharepoint", f"{name}.json")


def read(body: bytes) -> list[Event]:
    assert source.webhook
    return list(source.webhook.read(delivery("sharepoint", body)))


def pull(told: Any, cursor: Any = None) -> tuple[list[Event], dict[str, Any]]:
    return FakeVendor(source, told).read("drive_item", cursor, drives=[DRIVE])


def test_a_notification_tells_the_drive_and_two_alike_are_one_event() -> None:
    (told,) = read(sample("webhook__drive_updated"))
    assert (told.stream, told.entity_id, told.operation) == ("notification", f"drives/{DRIVE}/root", "event")
    first, second = read(sample("webhook__drives_batch"))
    assert first.entity_id != second.entity_id and first.dedupe != second.dedupe
    assert [event.dedupe for event in read(sample("webhook__drives_batch"))] == [first.dedupe, second.dedupe]


def test_what_befalls_a_subscription_is_an_event_of_its_own() -> None:
    (told,) = read(sample("webhook__lifecycle_reauthorization_required"))
    assert (told.stream, told.operation) == ("lifecycle_event", "event")


def test_items_are_known_by_drive_and_id_and_told_until_the_last_page() -> None:
    def drive(request: Request) -> Any:
        if request.path == DELTA:
            return answer(sample("pull__delta"), date="Thu, 20 Nov 2025 10:00:00 GMT")
        return answer(sample("pull__delta_deleted"), date="Thu, 20 Nov 2025 10:00:03 GMT")

    events, cursor = pull(drive)
    assert [(one.entity_id.split("/")[1][:8], one.operation) for one in events] == [
        ("01ROOTPA", "upsert"),
        ("01FOLDER", "upsert"),
        ("01ORDERF", "upsert"),
        ("01ORDERF", "delete"),
        ("01RENTRO", "delete"),
    ]
    assert {one.entity_id.split("/")[0] for one in events} == {DRIVE}
    assert cursor == {"links": {DRIVE: LINK}}


def test_a_version_is_dated_by_the_answer_that_told_it_for_restored_items_keep_their_old_date() -> None:
    def drive(request: Request) -> Any:
        return answer(sample("pull__delta_deleted"), date="Thu, 20 Nov 2025 10:00:03 GMT")

    events, _ = pull(drive)
    assert {one.source_updated_at for one in events} == {datetime(2025, 11, 20, 10, 0, 3, tzinfo=UTC)}
    undated, _ = pull(lambda request: sample("pull__delta_deleted"))
    assert {one.source_updated_at for one in undated} == {NOW}


@pytest.mark.parametrize("code", ["resyncChangesApplyDifferences", "resyncChangesUploadDifferences"])
def test_a_drive_that_asks_to_resync_is_read_from_its_root_once(code: str) -> None:
    asked = []

    def drive(request: Request) -> Any:
        asked.append(request.path)
        if request.path == LINK:
            return answer({"error": {"code": code}}, 410, location="https://graph.microsoft.com/v1.0/fresh")
        return sample("pull__delta_deleted")

    events, cursor = pull(drive, {"links": {DRIVE: LINK}})
    assert asked == [LINK, DELTA] and len(events) == 2 and cursor["links"] == {DRIVE: LINK}
    with pytest.raises(VendorForgot):
        pull(lambda request: answer(sample("pull__resync"), 410))


def test_no_field_is_asked_for_that_lets_in_whoever_holds_it() -> None:
    asked: list[Request] = []

    def drive(request: Request) -> Any:
        asked.append(request)
        return sample("pull__delta_deleted")

    pull(drive)
    assert "@microsoft.graph.downloadUrl" not in asked[0].params["$select"].split(",")
    assert {"id", "deleted", "file", "folder"} <= set(asked[0].params["$select"].split(","))


def test_no_drive_named_is_the_operators_to_mend() -> None:
    with pytest.raises(ConfigurationMissing, match="drives"):
        FakeVendor(source, lambda request: {}).read("drive_item")


def test_staging_reads_what_the_samples_show() -> None:
    root, folder, file = (records.DriveItem.model_validate(one) for one in json.loads(sample("pull__delta"))["value"])
    assert root.root == {} and folder.folder and file.file and file.file.mime_type
    assert file.parent_reference and file.parent_reference.path
