"""What ElevenLabs sends after a call, and that conversations are read until they have settled."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vendor_fake
from vendor_fake import FakeVendor, answer, delivery, entities

from chalicelib.errors import Unreadable, VendorSaysNo, VendorUnavailable
from chalicelib.ingest.pages import Request, items
from chalicelib.ingest.source import Event
from chalicelib.sources.elevenlabs import source
from events import elevenlabs as records

NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
CONVERSATION = "conv_3f9a71c0be24d88815a6e0c2d7"
MEANT = {
    "webhook__post_call_transcription": ("conversation", CONVERSATION, "upsert", "3 delivered"),
    "webhook__post_call_transcription_text_time": ("conversation", CONVERSATION, "upsert", "3 delivered"),
    "webhook__post_call_transcription_minimal": ("conversation", "conv_min", "upsert", "3 delivered"),
    "webhook__post_call_audio": ("post_call_audio", CONVERSATION, "event", None),
    "webhook__call_initiation_failure": ("call_initiation_failure", "conv_77aa", "event", None),
    "webhook__voice_removal_notice": ("voice_removal_notice", "voice_calm", "event", None),
    "webhook__voice_removed": ("voice_removed", "voice_calm", "event", None),
    "webhook__unknown_type": ("agent_testing_completed", None, "event", None),
}
BODIES = sorted((vendor_fake.ROOT / "events" / "elevenlabs" / "samples").glob("webhook__*.json"))
# Computed by the scheme of elevenlabs/elevenlabs-python webhooks_custom.py; the vendor publishes no vector.
SECRET, SIGNED_AT = "wsec_test_secret", 1739537297
SIGNED = (
    b'{"type":"post_call_transcription","event_timestamp":1739537297,"data":{"agent_id":"xyz","conversation_id":"abc"}}'
)
DIGEST = "v0=56c255208ac31944e833c7edacb091a1d845f075a6a781576269c7ff188bc125"


def read(body: bytes) -> Event:
    assert source.webhook
    (event,) = source.webhook.read(delivery("elevenlabs", body))
    return event


def sample(name: str) -> bytes:
    return vendor_fake.sample("elevenlabs", f"{name}.json")


@pytest.mark.parametrize(
    ("header", "at", "reason"),
    [
        (f"t={SIGNED_AT},{DIGEST}", SIGNED_AT, "ok"),
        (f"t={SIGNED_AT},v0={'0' * 64},{DIGEST}", SIGNED_AT, "ok"),
        (f"t={SIGNED_AT},{DIGEST}", SIGNED_AT + 1801, "stale"),
        (f"t={SIGNED_AT},{DIGEST}", SIGNED_AT - 1801, "future"),
        (f"t={SIGNED_AT + 1},{DIGEST}", SIGNED_AT, "signature_mismatch"),
        (DIGEST, SIGNED_AT, "missing_signature"),
    ],
)
def test_the_vectors_are_judged_as_they_should_be(header: str, at: int, reason: str) -> None:
    assert source.webhook
    told = delivery("elevenlabs", SIGNED, elevenlabs_signature=header)
    assert source.webhook.scheme.verify(told, [SECRET], datetime.fromtimestamp(at, UTC)).reason == reason


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_reads_every_sample_as_the_table_says(path: Any) -> None:
    event = read(path.read_bytes())
    stream, entity_id, operation, version = MEANT[path.stem]
    assert (event.stream, event.operation, event.source_version) == (stream, operation, version)
    assert entity_id is None or event.entity_id == entity_id


def test_a_conversation_analysed_anew_is_another_version_and_a_retry_is_none() -> None:
    body = sample("webhook__post_call_transcription")
    assert read(body).dedupe == read(body).dedupe
    assert read(body).dedupe != read(sample("webhook__post_call_transcription_text_time")).dedupe


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"type": null}', b'{"type":"post_call_transcription","data":{}}', b'{"a":"\xff"}'],
)
def test_refuses_to_read_what_is_no_event(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


class ElevenLabs:
    """Conversations {id: (start, status)}, newest first, two a page; its tokens are forgotten on demand."""

    def __init__(self, **conversations: tuple[datetime, str]) -> None:
        self.conversations = conversations
        self.forgets = False

    def __call__(self, request: Request) -> Any:
        if request.path != "v1/convai/conversations":
            found = request.path.rpartition("/")[2]
            return self.told(found) if found in self.conversations else answer(b"{}", 404)
        asked = request.params
        if asked.get("cursor") and self.forgets:
            return answer(b"{}", 422)
        first, last = asked.get("call_start_after_unix") or 0, asked["call_start_before_unix"]
        starts = {one: int(at.timestamp()) for one, (at, _) in self.conversations.items()}
        found = sorted((one for one in starts if first <= starts[one] <= last), key=lambda one: -starts[one])
        start = int(asked.get("cursor") or 0)
        rows = [{"conversation_id": one, "start_time_unix_secs": starts[one]} for one in found[start : start + 2]]
        more = start + 2 < len(found)
        return {"conversations": rows, "has_more": more, "next_cursor": str(start + 2) if more else None}

    def told(self, conversation_id: str) -> dict[str, Any]:
        at, status = self.conversations[conversation_id]
        metadata = {"start_time_unix_secs": int(at.timestamp())}
        return {"conversation_id": conversation_id, "status": status, "metadata": metadata}


def at(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def test_a_conversation_is_asked_for_again_until_it_has_settled() -> None:
    vendor = ElevenLabs(live=(at(1), "in-progress"), over=(at(2), "done"))
    fake = FakeVendor(source, vendor)
    _, cursor = fake.read("conversation", now=NOW)
    vendor.conversations["live"] = (at(1), "done")
    events, cursor = fake.read("conversation", cursor, now=NOW + timedelta(minutes=30))
    assert [(one.entity_id, one.source_version) for one in events] == [("live", "3 read")]
    events, _ = fake.read("conversation", cursor, now=NOW + timedelta(hours=1))
    assert events == []


def test_one_that_never_settles_is_let_go_after_a_day_and_one_that_is_gone_at_once() -> None:
    vendor = ElevenLabs(stuck=(at(1), "processing"), gone=(at(2), "initiated"))
    fake = FakeVendor(source, vendor)
    _, cursor = fake.read("conversation", now=NOW)
    assert set(cursor["pending"]) == {"stuck", "gone"}
    del vendor.conversations["gone"]
    _, cursor = fake.read("conversation", cursor, now=NOW + timedelta(hours=12))
    assert set(cursor["pending"]) == {"stuck"}
    _, cursor = fake.read("conversation", cursor, now=NOW + timedelta(hours=30))
    assert "pending" not in cursor


def test_a_run_killed_after_its_first_page_goes_on_and_begins_again_when_its_token_is_forgotten() -> None:
    vendor = ElevenLabs(**{f"c{number}": (at(number), "done") for number in range(1, 6)})
    fake = FakeVendor(source, vendor)
    events, cursor = fake.read("conversation", now=NOW, most_pages=1)
    assert entities(events) == {"c1", "c2"}
    rest, _ = fake.read("conversation", cursor, now=NOW)
    assert entities(rest) == {"c3", "c4", "c5"}
    vendor.forgets = True
    again, after = fake.read("conversation", cursor, now=NOW, most_pages=1)
    assert entities(again) == {"c1", "c2"}
    assert after == cursor


def test_bounds_of_conversations_are_seconds_and_reach_back_behind_the_last_run() -> None:
    fake = FakeVendor(source, ElevenLabs())
    _, cursor = fake.read("conversation", now=NOW)
    fake.read("conversation", cursor, now=NOW + timedelta(hours=1))
    assert fake.asked[-1].params["call_start_after_unix"] == int((NOW - timedelta(minutes=10)).timestamp())


def test_speech_goes_on_after_the_last_item_of_a_page() -> None:
    def vendor(request: Request) -> Any:
        is_second = "start_after_history_item_id" in request.params
        row = {"history_item_id": "b" if is_second else "a", "date_unix": 1762790400}
        last = row["history_item_id"]
        return {"history": [row], "has_more": not is_second, "last_history_item_id": last}

    events, _ = FakeVendor(source, vendor).read("history_item", now=NOW)
    assert entities(events) == {"a", "b"}


def test_speech_that_goes_on_nobody_says_where_is_not_taken_for_complete() -> None:
    told = {"history": [], "has_more": True, "last_history_item_id": None}
    with pytest.raises(VendorUnavailable):
        FakeVendor(source, lambda request: told).read("history_item", now=NOW)


def test_a_wrong_key_is_refused() -> None:
    fake = FakeVendor(source, lambda request: answer(sample("pull__error_invalid_api_key"), 401))
    with pytest.raises(VendorSaysNo):
        fake.read("conversation", now=NOW)


def test_the_records_hold_what_staging_reads() -> None:
    told = [path for path in BODIES if json.loads(path.read_bytes())["type"] == "post_call_transcription"]
    for path in told:
        assert records.Transcription.model_validate_json(path.read_bytes()).data.conversation_id
    for name in ("pull__conversation", "pull__conversation_in_progress"):
        assert records.Conversation.model_validate_json(sample(name)).metadata
    assert [records.HistoryItem.model_validate_json(raw) for raw in items(sample("pull__history"), "history")]
