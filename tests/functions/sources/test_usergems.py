"""What is odd about UserGems: nobody publishes what it sends, so that content is all there is to know an event by."""

import json

import pytest
from vendor_fake import delivery, sample

from chalicelib.errors import Unreadable
from chalicelib.ingest.quarantine import envelopes
from chalicelib.ingest.source import Event
from chalicelib.sources.usergems import source
from events.usergems import Signal

assert source.webhook
WEBHOOK = source.webhook


def read(body: bytes) -> list[Event]:
    return list(WEBHOOK.read(delivery("usergems", body)))


def test_a_signal_is_kept_as_it_came_and_is_known_by_its_content() -> None:
    body = sample("usergems", "webhook__job_change.json")
    (event,) = read(body)
    assert (event.stream, event.operation, event.payload) == ("signal", "event", body)


def test_the_same_signal_written_anew_is_the_same_event() -> None:
    told = json.loads(sample("usergems", "webhook__job_change.json"))
    spellings = [json.dumps(told).encode(), json.dumps(dict(sorted(told.items())), indent=1).encode()]
    first, second = (read(body)[0] for body in spellings)
    assert (first.entity_id, first.dedupe) == (second.entity_id, second.dedupe)
    (other,) = read(json.dumps({**told, "title": "Controller"}).encode())
    assert other.dedupe != first.dedupe


def test_fields_nobody_foresaw_are_no_reason_to_refuse() -> None:
    (event,) = read(sample("usergems", "webhook__unknown_fields.json"))
    assert json.loads(event.payload)["score"] == 87


def test_a_list_is_as_many_signals() -> None:
    events = read(sample("usergems", "webhook__several.json"))
    assert len({one.entity_id for one in events}) == 2


@pytest.mark.parametrize("body", [b"", b"7", b"[7]", b"[]", b"{", b"[" * 100_000, b"\xff", b"null"])
def test_what_is_no_signal_is_quarantined(body: bytes) -> None:
    (envelope,) = envelopes(WEBHOOK, delivery("usergems", body), "0" * 64, "trace")
    assert envelope.stream == "quarantine"


def test_a_record_that_is_no_object_says_so() -> None:
    with pytest.raises(Unreadable, match="no object"):
        read(b'["text"]')


def test_the_samples_fit_the_model() -> None:
    for name in ("job_change", "promotion", "unknown_fields"):
        Signal.model_validate_json(sample("usergems", f"webhook__{name}.json"))
