"""Every answer of an API that a vendor publishes, read by the stream that asks for it: each record becomes an event."""

import json
import re
from typing import Any

import pytest

from chalicelib import sources
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Connection, Event, Pull, Reading, Source
from chalicelib.ingest.vendor_http import Response
from infra.company import credentials as keys
from tests.functions.sources.vendor_fake import FakeVendor
from tests.published import FIXTURES
from tests.published_answers import ANSWERS, NOW, REFUSALS, Answered

_END = {"ok": True}
"""No records and no next page; ok is Slack's."""

pytestmark = pytest.mark.skipif(not FIXTURES.is_dir(), reason="no published payloads here")


@pytest.mark.parametrize("one", ANSWERS, ids=lambda one: f"{one.source}/{one.stream}/{one.file.partition('/')[2]}")
def test_every_record_of_a_published_answer_becomes_an_event_as_it_is(one: Answered) -> None:
    events, is_answered = _read(one)

    assert is_answered
    assert [event for event in events if event.stream == "quarantine"] == []
    told = {(event.entity_id, _text(json.loads(event.payload))) for event in events}
    assert sorted(text for _, text in told) == sorted(map(_text, _records(one)))


@pytest.mark.parametrize(("source", "file", "status", "kind"), REFUSALS)
def test_a_published_refusal_is_read_as_what_it_says(source: str, file: str, status: int, kind: str) -> None:
    assert _pull(source).judge(Response(status, {}, (FIXTURES / file).read_bytes())).kind == kind


def _read(one: Answered) -> tuple[list[Event], bool]:
    """What the stream tells, and whether it asked for the file."""
    pull = _pull(one.source)
    left = {pattern: _body(told) for pattern, told in one.beside.items()} | {one.path: _told(one)}

    def answered(request: Request) -> Any:
        pattern = next((each for each in (one.path, *one.beside) if re.fullmatch(each, request.path)), None)
        assert pattern, f"nothing here answers {request.path!r}"
        return left.pop(pattern, _END if one.records else [])

    stored = keys.make(7, [one.source])[one.source]["stored"]
    connection = Connection(one.source, "default", "", stored, one.options, one.start_at)
    reading = Reading(FakeVendor(_source(one.source), answered), connection, {}, NOW)  # type: ignore[arg-type]
    (read,) = (stream.read for stream in pull.streams if stream.name == one.stream)
    events = [event for page in read(reading) for event in page.events]
    return events, one.path not in left


def _told(one: Answered) -> Any:
    """The file as the answer that it is, or is part of."""
    body = _body(one.file)
    if not one.is_one:
        # Skeletons say of everything what it is at first: ok is false.
        return body | {"ok": True} if one.source == "slack" else body
    told: Any = [body]
    for step in reversed(one.records.split(".") if one.records else ()):
        told = {step: told}
    return told


def _records(one: Answered) -> list[Any]:
    found = _told(one)
    for step in one.records.split(".") if one.records else ():
        found = found[step]
    assert isinstance(found, list)
    return found


def _body(told: Any) -> Any:
    return json.loads((FIXTURES / told).read_bytes()) if isinstance(told, str) else told


def _text(payload: Any) -> str:
    return json.dumps(payload, sort_keys=True)


def _source(name: str) -> Source:
    source = sources.load(name)
    assert source
    return source


def _pull(name: str) -> Pull:
    pull = _source(name).pull
    assert pull
    return pull
