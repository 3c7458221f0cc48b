"""What status and headers alone say."""

import pytest

from chalicelib.ingest.rulings import by_status, until_s
from chalicelib.ingest.source import Ruling
from chalicelib.ingest.vendor_http import Response

AT = "Thu, 20 Nov 2025 17:50:00 GMT"
RESET_S = 1763661600.0
"""Ten minutes after AT."""


@pytest.mark.parametrize(
    ("status", "headers", "ruling"),
    [
        (200, {}, Ruling("ok")),
        (299, {}, Ruling("ok")),
        (304, {}, Ruling("refused", "http_304")),
        (400, {}, Ruling("refused", "http_400")),
        (401, {}, Ruling("refused", "http_401")),
        (404, {}, Ruling("refused", "http_404")),
        (408, {}, Ruling("retry", "http_408")),
        (429, {"retry-after": "17"}, Ruling("retry", "rate_limited", 17.0)),
        (429, {"retry-after": AT}, Ruling("retry", "rate_limited")),
        (429, {}, Ruling("retry", "rate_limited")),
        (499, {}, Ruling("refused", "http_499")),
        (500, {"retry-after": "17"}, Ruling("retry", "http_500")),
        (529, {}, Ruling("retry", "http_529")),
    ],
)
def test_a_plain_answer_means_what_its_status_says(status: int, headers: dict[str, str], ruling: Ruling) -> None:
    assert by_status(Response(status, headers, b"{}")) == ruling


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"date": AT}, 600.0),
        ({"date": "Thu, 20 Nov 2025 18:50:00 GMT"}, 1.0),
        ({"date": "Thu, 20 Nov 2025 17:50:00 +0000"}, None),
        ({"date": "soon"}, None),
        ({}, None),
    ],
)
def test_a_reset_is_waited_for_by_the_vendors_own_clock(headers: dict[str, str], wait_s: float | None) -> None:
    assert until_s(RESET_S, headers) == wait_s
