"""What lies in a dead-letter queue, with its reason; and the way back.

By receive, send and delete: StartMessageMoveTask exists in neither emulator, and moves all or nothing.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .local.stack import Stack

QUEUES = ("ingest", "pulls", "background", "drops")
_HELD_S = 60
"""How long messages stay invisible to others while we look at them."""
_NO_REASON = "every try failed: the log says why at this time, under message_id"


@dataclass(frozen=True)
class DeadLetter:
    """One message. received is how often somebody took it out of this queue to look."""

    message_id: str
    reason: str
    sent_at: datetime
    received: int
    body: str
    receipt: str

    @property
    def size_bytes(self) -> int:
        return len(self.body.encode())


def listed(stack: Stack, queue: str) -> list[dict[str, Any]]:
    """One row per dead letter of the queue (`ingest` or `pulls`), oldest first."""
    sqs = stack.client("sqs")
    return [
        {
            "message_id": letter.message_id,
            "reason": letter.reason,
            "sent_at": letter.sent_at,
            "size_bytes": letter.size_bytes,
        }
        for letter in waiting(sqs, _url(sqs, f"{queue}-dlq"))
    ]


def shown(stack: Stack, queue: str, message_id: str) -> str | None:
    """The whole text of one dead letter, None where there is none of that id."""
    sqs = stack.client("sqs")
    letters = waiting(sqs, _url(sqs, f"{queue}-dlq"), most=1000)
    return next((letter.body for letter in letters if letter.message_id == message_id), None)


def redriven(stack: Stack, queue: str, message_id: str = "") -> int:
    """How many dead letters went back to their queue: the one named, or all."""
    sqs = stack.client("sqs")
    return redrive(sqs, _url(sqs, f"{queue}-dlq"), _url(sqs, queue), [message_id] if message_id else None)


def _url(sqs: Any, queue: str) -> str:
    return str(sqs.get_queue_url(QueueName=f"sophia-{queue}")["QueueUrl"])


def waiting(sqs: Any, dlq_url: str, most: int = 100) -> list[DeadLetter]:
    """So many of the messages, oldest first; they stay where they are. sqs is a boto3 client."""
    with _held(sqs, dlq_url, most) as letters:
        return sorted(letters, key=lambda letter: letter.sent_at)


def redrive(
    sqs: Any, dlq_url: str, queue_url: str, message_ids: Collection[str] | None = None, most: int = 1000
) -> int:
    """Send messages back to their queue, all or those named; how many went.

    One whose fault is not mended comes back here. Interrupted, a message may be in both queues: landing it twice is
    harmless.
    """
    moved = 0
    with _held(sqs, dlq_url, most) as letters:
        for letter in list(letters):
            if message_ids is None or letter.message_id in message_ids:
                sqs.send_message(QueueUrl=queue_url, MessageBody=letter.body)
                sqs.delete_message(QueueUrl=dlq_url, ReceiptHandle=letter.receipt)
                letters.remove(letter)
                moved += 1
    return moved


@contextmanager
def _held(sqs: Any, dlq_url: str, most: int) -> Iterator[list[DeadLetter]]:
    """The messages, invisible to others meanwhile; those still in the list at the end are let go."""
    letters: list[DeadLetter] = []
    while len(letters) < most:
        answer = sqs.receive_message(
            QueueUrl=dlq_url,
            MaxNumberOfMessages=min(10, most - len(letters)),
            VisibilityTimeout=_HELD_S,
            WaitTimeSeconds=1,  # long polling asks every server of the queue, short polling some
            MessageAttributeNames=["reason"],
            AttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        )
        found = [_letter(message) for message in answer.get("Messages", [])]
        letters += found
        if not found:
            break
    try:
        yield letters
    finally:
        for letter in letters:
            sqs.change_message_visibility(QueueUrl=dlq_url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)


def _letter(message: dict[str, Any]) -> DeadLetter:
    attributes = message.get("Attributes", {})
    return DeadLetter(
        message_id=message["MessageId"],
        reason=message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", _NO_REASON),
        sent_at=datetime.fromtimestamp(int(attributes.get("SentTimestamp", 0)) / 1000, UTC),
        received=int(attributes.get("ApproximateReceiveCount", 0)),
        body=message["Body"],
        receipt=message["ReceiptHandle"],
    )
