"""What a vendor's answer means by its status and headers alone. A source's own judge rules on what is odd first."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .bodies import seconds
from .source import Ruling

if TYPE_CHECKING:
    from .vendor_http import Response


def by_status(response: "Response") -> Ruling:
    """Below 300 is ok; 429 (after as many seconds as Retry-After names), 408 and 500 or more are tried again; all else
    is refused."""
    status = response.status
    if status < 300:
        return Ruling("ok")
    if status == 429:
        return Ruling("retry", "rate_limited", seconds(response.headers.get("retry-after")))
    if status >= 500 or status == 408:
        return Ruling("retry", f"http_{status}")
    return Ruling("refused", f"http_{status}")


def until_s(reset_s: float, headers: Mapping[str, str]) -> float | None:
    """The seconds until reset_s, in epoch seconds, at least one; None where the answer does not say when it was given.

    Against the vendor's own clock, its Date header (RFC 9110, section 5.6.7, the preferred form only): ours may differ.
    """
    try:
        answered_at = datetime.strptime(headers.get("date", ""), "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return None
    return max(1.0, reset_s - answered_at.timestamp())
