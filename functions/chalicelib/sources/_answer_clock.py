"""The vendor's clock in its answers: when it was that a record looked as it was told."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


def answered_at(response: "Response", otherwise: datetime) -> datetime:
    """The Date header of an answer (RFC 9110, section 6.6.1), to the second; `otherwise` where it bears none.

    For change feeds that date neither deletions nor restorations: what they tell later is newer.
    """
    try:
        moment = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return otherwise
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
