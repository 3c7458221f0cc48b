"""One turn of the stand-in: take what the queue holds, load it, and only then delete the notifications."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import snowflake.connector

from infra.local.snowpipe.pipe import Pipe, Query, notified

FILES_AT_ONCE = 500

Log = Callable[..., None]


class Queue(Protocol):
    """As much of SQS's client as is needed here."""

    def receive_message(self, **request: Any) -> Any: ...
    def delete_message_batch(self, **request: Any) -> Any: ...
    def change_message_visibility_batch(self, **request: Any) -> Any: ...


def load_next(
    queue: Queue,
    queue_url: str,
    pipes: Sequence[Pipe],
    query: Query,
    log: Log,
    *,
    wait_s: int,
    gather_s: float = 0.0,
) -> int:
    """Load what the queue holds gather_s after the first message, for which it waits up to wait_s; the number of files
    seen. An object that no pipe reads is nobody's.

    Raises snowflake.connector.errors.Error when the warehouse did not answer; the messages are visible again then.
    """
    messages = list(_gather(queue, queue_url, wait_s, gather_s))
    told: list[tuple[str, str]] = []
    for message in messages:
        try:
            told += notified(message["Body"])
        except ValueError as error:
            log("notification_unreadable", message_id=message["MessageId"], reason=str(error))
    files = 0
    for pipe in pipes:
        keys = list(dict.fromkeys(key for bucket, key in told if pipe.reads(bucket, key)))
        if not keys:
            continue
        files += len(keys)
        try:
            loads = query(pipe.copy(keys))
        except snowflake.connector.errors.Error:
            _return(queue, queue_url, messages)
            raise
        for load in loads:
            if load["status"] in ("LOAD_FAILED", "PARTIALLY_LOADED"):
                log("file_refused", file=load["file"], reason=load["first_error"], line=load["first_error_line"])
        rows = sum(int(load["rows_loaded"] or 0) for load in loads)
        log("files_loaded", pipe=pipe.name, files=len(keys), rows=rows)
    for batch in _tens(messages):
        entries = [{"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(batch)]
        queue.delete_message_batch(QueueUrl=queue_url, Entries=entries)
    return files


def _gather(queue: Queue, queue_url: str, wait_s: int, gather_s: float) -> Iterator[Mapping[str, Any]]:
    """What is there, until the queue has no more to give or there are enough."""
    gathered = 0
    while gathered < FILES_AT_ONCE:
        answer = queue.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0 if gathered else wait_s
        )
        messages = answer.get("Messages", [])
        if not messages:
            return
        if not gathered:
            time.sleep(gather_s)
        gathered += len(messages)
        yield from messages


def _return(queue: Queue, queue_url: str, messages: Sequence[Mapping[str, Any]]) -> None:
    for batch in _tens(messages):
        entries = [
            {"Id": str(i), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
            for i, message in enumerate(batch)
        ]
        queue.change_message_visibility_batch(QueueUrl=queue_url, Entries=entries)


def _tens(messages: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """SQS takes ten entries a request."""
    for start in range(0, len(messages), 10):
        yield messages[start : start + 10]
