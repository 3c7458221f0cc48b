"""That what files of Google Drive say is read where it is wanted, and goes with its file."""

from typing import Any

import pytest
from drive_fake import Drive, change, file
from vendor_fake import NOW, FakeVendor, answer, sample

from chalicelib.ingest.source import Connection, Reading, Window
from chalicelib.sources.google_drive import source
from events import google_drive as records

DOC = "application/vnd.google-apps.document"


def test_a_doc_is_exported_as_markdown_and_a_text_file_is_read_as_it_is() -> None:
    drive = Drive(
        [[file(1, 3, mimeType=DOC, name="Policy"), file(2, 1, mimeType="text/markdown", size="12"), file(3, 1)]],
        {"10": {"changes": [], "newStartPageToken": "10"}},
        contents={"f1": sample("google_drive", "pull__export.md"), "f2": "\ufeff# Grüße".encode()},
    )
    texts, cursor = drive.texts()
    assert drive.asked[2:4] == ["files/f1/export", "files/f2"] and cursor == {"token": "10"}
    policy = records.FileText.model_validate(texts["f1"])
    assert (policy.version, policy.name, policy.mime_type, policy.left_out) == (3, "Policy", DOC, None)
    assert policy.text and "50 dollars" in policy.text and "base64" not in policy.text and "![][image1]" in policy.text
    assert texts["f2"]["text"] == "# Grüße" and texts.keys() == {"f1", "f2"}


def test_contents_are_read_only_where_the_connection_says_so() -> None:
    drive = Drive([[file(1, 3, mimeType=DOC)]], {})
    assert FakeVendor(source, drive).read("file_text") == ([], {}) and drive.asked == []


@pytest.mark.parametrize(
    ("said", "told", "reason"),
    [
        (b"", {"size": "1000001"}, "too_long"),
        (b"y" * 1_000_001, {}, "too_long"),
        (b"\xff\xfe\x00h", {}, "not_utf8"),
        (b"a\x00b", {}, "not_text"),
        (
            answer(sample("google_drive", "pull__export_too_large.json"), 403),
            {"mimeType": DOC},
            "exportSizeLimitExceeded",
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_cannot_be_read_as_text_is_told_without_it_and_says_why(said: Any, told: Any, reason: str) -> None:
    one = file(1, 3, **({"mimeType": "text/plain"} | told))
    texts, _ = Drive([[one]], {"10": {"changes": [], "newStartPageToken": "10"}}, contents={"f1": said}).texts()
    assert (texts["f1"]["text"], texts["f1"]["leftOut"]) == (None, reason)


def test_a_text_goes_with_its_file_and_one_that_went_meanwhile_is_told_by_the_feed() -> None:
    changes = [
        change(1, "10:05:00.000", file=file(1, 4, mimeType=DOC, trashed=True)),
        change(2, "10:05:01.000", removed=True),
        change(3, "10:05:02.000", file=file(3, 4, mimeType="image/png", trashed=True)),
        change(4, "10:05:03.000", file=file(4, 4, mimeType=DOC)),
    ]
    contents = {"f4": answer(sample("google_drive", "pull__file_not_found.json"), 404)}
    feed = {"10": {"changes": changes, "newStartPageToken": "11"}}
    assert Drive([[]], feed, contents=contents).texts() == ({"f1": None, "f2": None}, {"token": "11"})


def test_the_newest_text_is_that_of_the_later_change_whatever_the_order() -> None:
    feed = {
        "10": {"changes": [change(1, "10:05:00.000", file=file(1, 9, mimeType=DOC))], "nextPageToken": "11"},
        "11": {"changes": [change(1, "10:06:00.000", file=file(1, 10, mimeType=DOC))], "newStartPageToken": "12"},
    }
    drive = Drive([[]], feed, contents={"f1": b"said"})
    events, _ = FakeVendor(source, drive).read("file_text", contents=True)
    order = [(event.source_updated_at, event.source_version) for event in events]
    assert len(order) == 2 and order == sorted(order)  # type: ignore[type-var]


def test_what_was_read_of_contents_nobody_wants_any_more_is_buried_by_the_census() -> None:
    assert source.pull
    census = next(one.census for one in source.pull.streams if one.name == "file_text")
    assert census and census.records and census.fetch
    drive = FakeVendor(source, Drive([[file(1, 3, mimeType=DOC), file(2, 3)]], {}, contents={"f1": b"said"}))
    for is_wanted in (True, False):
        connection = Connection("google_drive", "default", "", {}, {"contents": is_wanted})
        reading = Reading(drive, connection, {}, NOW)  # type: ignore[arg-type]
        listed = [one for batch in census.records(reading, Window(NOW, NOW)) for one in batch]
        assert [(one.stream, one.entity_id, one.payload) for one in listed] == [("file_text", "f1", b"")] * is_wanted
    assert census.fetch(reading, "f1") is None
