"""The queue's consumer: messages into the lake, each message's failure its own.

A message that no try can land goes to the dead-letter queue at once, with its reason. One that the lake did not take
stays in the queue and comes again.
"""

import functools
import gzip
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from .. import sources
from ..errors import AwsCallFailed, LakeUnavailable, Unreadable
from ..log import log
from ..settings import aws_access, settings
from .aws_client import SQS, AwsClient
from .hints import note_landed, open_hints
from .lake import Lake, open_lake
from .land import Line, objects
from .queue import ClaimCheck

_AT_ONCE_BYTES = 20_000_000
"""What is held before it is written: claim checks make a batch larger than Lambda's own limit of 6 MB."""

Listener = Callable[[Sequence[Line]], None]
"""Hears of lines once they are durable, and never raises."""


class DeadLetters(Protocol):
    """Where a poison message goes with its reason."""

    def send(self, body: str, reason: str) -> None:
        """Raises AwsCallFailed."""


class DeadLetterQueue:
    """The dead-letter queue of a queue, which bears its name and `-dlq`."""

    def __init__(self, client: AwsClient, queue_url: str) -> None:
        self._client = client
        self._url = f"{queue_url}-dlq"

    def send(self, body: str, reason: str) -> None:
        attributes = {"reason": {"DataType": "String", "StringValue": reason}}
        self._client.call("SendMessage", {"QueueUrl": self._url, "MessageBody": body, "MessageAttributes": attributes})


@functools.cache
def services() -> tuple[Lake, DeadLetterQueue, Listener]:
    """The lake and the dead-letter queue that the environment names, and who notes what has landed as a hint."""
    where = settings()
    dead_letters = DeadLetterQueue(AwsClient(SQS, aws_access()), where.ingest_queue_url)
    hints = functools.cache(lambda: open_hints(where.state_table))  # a client only for who has hints
    return open_lake(where.lake_bucket), dead_letters, lambda lines: note_landed(lines, hints, sources.load)


def handle(
    event: Mapping[str, Any], context: Any, lake: Lake, dead_letters: DeadLetters, landed: Listener = lambda lines: None
) -> Any:
    """Lambda's answer to a batch: which messages to deliver again. Raises when that is all of them."""
    bodies = {record["messageId"]: record["body"] for record in event["Records"]}
    failures = land_messages(bodies, lake, dead_letters, landed)

    def record_handler(record: SQSRecord) -> None:  # Powertools calls it by the name of this parameter
        if failure := failures.get(record.message_id):
            raise failure

    return process_partial_response(
        event=dict(event), record_handler=record_handler, processor=BatchProcessor(EventType.SQS), context=context
    )


def land_messages(
    bodies: Mapping[str, str], lake: Lake, dead_letters: DeadLetters, landed: Listener = lambda lines: None
) -> dict[str, Exception]:
    """Land the messages' envelopes; by message id, what went wrong and may go right another time. landed hears of those
    lines that are in the lake."""
    failures: dict[str, Exception] = {}
    held: list[Line] = []
    held_bytes = 0
    for message_id, body in bodies.items():
        try:
            lines, reason = lines_of(body, message_id, lake)
        except LakeUnavailable as error:
            failures[message_id] = error
            continue
        if reason:
            _bury(message_id, body, reason, dead_letters, failures)
        held += lines
        held_bytes += sum(len(line.text) for line in lines)
        if held_bytes > _AT_ONCE_BYTES:
            failures |= _written(held, lake, landed)
            held, held_bytes = [], 0
    return failures | _written(held, lake, landed)


def lines_of(body: str, message_id: str, lake: Lake) -> tuple[list[Line], str]:
    """The lines of a message that can land, and the reason why others cannot, or "".

    Raises LakeUnavailable when its claim check cannot be redeemed now.
    """
    try:
        text = _redeemed(body, lake)
    except Unreadable as error:
        return [], str(error)
    lines, reason = [], ""
    for number, line in enumerate(text.split(b"\n"), start=1):
        try:
            if line:
                lines.append(Line.of(line, message_id))
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            reason = reason or f"not_an_envelope: line {number}: {error}"
    return lines, reason or ("" if lines else "empty: no line in it")


def _redeemed(body: str, lake: Lake) -> bytes:
    if not body.startswith('{"claim_check":'):
        return body.encode("utf-8", "surrogatepass")
    try:
        key = msgspec.json.decode(body, type=ClaimCheck).claim_check
    except msgspec.DecodeError as error:
        raise Unreadable("bad_claim_check", str(error)) from None
    packed = lake.get(key)
    if packed is None:
        raise Unreadable("claim_check_lost", f"no object {key!r}")
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable("bad_claim_check", f"object {key!r}: {error}") from None


def _written(lines: Iterable[Line], lake: Lake, landed: Listener) -> dict[str, Exception]:
    failures: dict[str, Exception] = {}
    written: list[Line] = []
    for one in objects(lines):
        try:
            one.write(lake)
        except LakeUnavailable as error:
            log.error("object_not_landed", object_key=one.key, reason=str(error))
            failures |= dict.fromkeys((line.message_id for line in one.lines), error)
        else:
            written += one.lines
    landed(written)
    return failures


def _bury(message_id: str, body: str, reason: str, dead_letters: DeadLetters, failures: dict[str, Exception]) -> None:
    """Left to the queue's own count of tries where the dead-letter queue does not take it."""
    log.measured("message_poisoned", {"poisoned": 1}, message_id=message_id, reason=reason)
    try:
        dead_letters.send(body, reason)
    except AwsCallFailed as failure:
        log.error("dead_letter_refused", message_id=message_id, reason=str(failure))
        failures[message_id] = failure
