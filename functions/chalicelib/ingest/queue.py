"""The ingest queue: one message a delivery, its body the delivery's envelopes, one a line.

A delivery too large for SQS goes to the lake and travels as a claim check, `{"claim_check": "<key>"}`.
"""

import gzip
import hashlib
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from events import keys

from ..errors import AwsCallFailed, QueueUnavailable
from .aws_client import AwsClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from .lake import Lake

# What XML 1.0 has no place for, SQS refuses: docs.aws.amazon.com, SendMessage, "MessageBody". JSON allows these two.
_REFUSED_BY_SQS = ("\ufffe", "\uffff")


class ClaimCheck(msgspec.Struct, frozen=True):
    """A message that stands for an object."""

    claim_check: str


class Queue:
    """Sends one delivery's lines to SQS. lake is called for the rare delivery that SQS cannot take."""

    def __init__(self, client: AwsClient, url: str, max_message_bytes: int, lake: "Callable[[], Lake]") -> None:
        self._client = client
        self._url = url
        self._max_message_bytes = max_message_bytes
        self._lake = lake

    def send(self, lines: bytes, *, source: str, day: date) -> None:
        """Store the lines durably. After it returns, they are.

        lines are UTF-8. Raises QueueUnavailable or LakeUnavailable; then assume nothing was stored.
        """
        text = lines.decode()
        if len(lines) > self._max_message_bytes or any(character in text for character in _REFUSED_BY_SQS):
            key = keys.claim(source, day, hashlib.sha256(lines).hexdigest()[:32])
            self._lake().put(key, gzip.compress(lines, 4, mtime=0))
            text = msgspec.json.encode(ClaimCheck(key)).decode()
        self._send(text)

    def _send(self, text: str) -> None:
        try:
            answer = self._client.call("SendMessage", {"QueueUrl": self._url, "MessageBody": text})
        except AwsCallFailed as failure:
            raise QueueUnavailable(str(failure)) from None
        if answer.get("MD5OfMessageBody") != hashlib.md5(text.encode(), usedforsecurity=False).hexdigest():
            raise QueueUnavailable(f"queue {self._url!r} confirmed other bytes than were sent: send them again")
