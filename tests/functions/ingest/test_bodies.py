"""What a body may say, and that nothing it says raises more than Unreadable."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from chalicelib.errors import Unreadable
from chalicelib.ingest.bodies import form, instant, is_form, seconds, stream_name, typed, utf8

JULY = datetime(2025, 7, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2025-07-01T12:00:00Z", JULY),
        ("2025-07-01T14:00:00+02:00", JULY),
        ("2025-07-01T12:00:00.000Z", JULY),
        ("2025-07-01T12:00:00", JULY),
        ("1751371200.000216", JULY.replace(microsecond=216)),
        ("1751371200", JULY),
        (1751371200, JULY),
        (1751371200.5, JULY.replace(microsecond=500000)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (None, None),
        ("", None),
        ("soon", None),
        ("99999999999999999", None),
        ("1751371200.x", None),
        (float("nan"), None),
        (10**30, None),
        (True, None),
        ([], None),
    ],
)
def test_a_moment_is_read_from_whatever_a_vendor_writes(told: Any, expected: datetime | None) -> None:
    assert instant(told) == expected


@pytest.mark.parametrize(
    ("told", "expected"), [("30", 30.0), (None, None), ("", None), ("-5", None), ("1e9", None), ("٣", None)]
)
def test_a_wait_is_digits_or_nothing(told: str | None, expected: float | None) -> None:
    assert seconds(told) == expected


@pytest.mark.parametrize(
    ("told", "name"),
    [("pull_request", "pull_request"), ("", "unknown"), (None, "unknown"), ("../up", "unknown"), ("A b", "unknown")],
)
def test_a_stream_is_fit_for_an_object_key(told: str | None, name: str) -> None:
    assert stream_name(told) == name


def test_json_under_a_forms_content_type_is_json() -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert is_form(headers, b"a=1") and not is_form(headers, b'{"a":1}') and not is_form({}, b"a=1")


def test_a_form_keeps_blank_fields_and_unicode() -> None:
    assert form(b"text=&user=S%C3%B6derberg+J") == {"text": "", "user": "Söderberg J"}


@pytest.mark.parametrize("body", [b"", b"\xff=1", b"a=%ff", b"a=1&" * 1001])
def test_a_body_that_is_no_form_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        form(body)


def test_bytes_that_are_no_utf8_are_unreadable_even_where_nobody_looks() -> None:
    with pytest.raises(Unreadable, match="not_utf8: byte 6 of 9"):
        utf8(b'{"x":"\xff"}')


def test_a_reason_never_repeats_the_payload() -> None:
    with pytest.raises(Unreadable) as refusal:
        typed(msgspec.json.Decoder(int), b'"a secret"')
    assert "secret" not in str(refusal.value)
