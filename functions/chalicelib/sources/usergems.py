"""UserGems: people who changed jobs and other signals, one record a delivery, through a campaign's "Send to Webhook".

help.usergems.com. Neither the payload's shape nor its retries are published, nothing is signed (HMAC is "not
supported"), and nothing can be read back: the API only takes. So the payload is kept as it comes and understood by
staging; the same content again is the same event.
"""

from collections.abc import Sequence

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import digest, utf8
from ..ingest.shared_secret import SharedSecret
from ..ingest.source import Delivery, Event, Source, Webhook


def _read(delivery: Delivery) -> Sequence[Event]:
    """One event a record; should a delivery be a list, one for each."""
    body = utf8(delivery.body)
    if not body.lstrip().startswith(b"["):
        return [_signal(body)]
    return [_signal(bytes(raw)) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])]


def _signal(raw: bytes) -> Event:
    """Named by its content with the keys in order: a repetition may be written anew."""
    found = msgspec.json.decode(raw)
    if not isinstance(found, dict):
        raise Unreadable("unexpected_shape", "a record that is no object")
    content = digest(msgspec.json.encode(found, order="sorted"))
    return Event("signal", content, "event", raw, ("signal", content))


source = Source(
    name="usergems",
    title="UserGems",
    webhook=Webhook(scheme=SharedSecret("x-api-key"), read=_read, answer_within_s=5.0),
    pull=None,
    by_hand=(
        "In UserGems, open the campaign, press Add Action and choose Send to Webhook.",
        "Enter {url} as the address, and a header X-Api-Key with the value {secret}.",
        "Send all fields of the record, so that none has to be asked for later: nothing can be read back.",
        "Do the same in every campaign whose signals count.",
    ),
)
