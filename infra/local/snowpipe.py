"""Snowpipe's stand-in: loads each object of the lake when S3 says it is there, by the pipe's own COPY.

`python -m infra.local.snowpipe --queue-url … --endpoint … --warehouse-port …` takes S3's notifications from the queue,
gathers what has arrived, and runs the COPY text the pipe was created with on exactly those files. A notification is
deleted only after the COPY that loaded its file, or recorded why it cannot be loaded, was committed. Killed at any
moment, it is given the same notifications again, and the load history keeps every file from being loaded twice.
"""

import argparse
import json
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote_plus, urlsplit

import boto3
import snowflake.connector

from infra import warehouse

PIPE = "SOPHIA.RAW_DATA.EVENTS_PIPE"
FILES_AT_ONCE = 500
PAUSE_AFTER_FAILURE_S = 2.0
_SOURCE = re.compile(r"\bfrom\s+@(?P<stage>[\w.\"$]+)/?(?P<path>[^\s;]*)", re.IGNORECASE)

Query = Callable[[str], Sequence[Mapping[str, Any]]]
Log = Callable[..., None]


class Queue(Protocol):
    """As much of SQS's client as is needed here."""

    def receive_message(self, **request: Any) -> Any: ...
    def delete_message_batch(self, **request: Any) -> Any: ...
    def change_message_visibility_batch(self, **request: Any) -> Any: ...


@dataclass(frozen=True)
class Pipe:
    """The COPY text of a pipe and the part of the lake it reads."""

    definition: str
    bucket: str
    prefix: str

    def copy(self, keys: Sequence[str]) -> str:
        """The COPY of these objects alone. A pipe skips a file it cannot load and goes on with the others."""
        names = ", ".join("'" + key.removeprefix(self.prefix).replace("'", "''") + "'" for key in keys)
        return f"{self.definition}\nfiles = ({names})\non_error = skip_file"


def find_pipe(name: str, query: Query) -> Pipe:
    """Raises snowflake.connector.errors.ProgrammingError where there is no such pipe or stage."""
    definition = query(f"describe pipe {name}")[0]["definition"].rstrip().rstrip(";")
    source = _SOURCE.search(definition)
    if source is None:
        raise ValueError(f"the COPY of pipe {name} reads no stage: {definition!r}")
    stages = {
        f"{row['database_name']}.{row['schema_name']}.{row['name']}": row["url"]
        for row in query("show stages in account")
    }
    [url] = [url for stage, url in stages.items() if stage.endswith(source["stage"].replace('"', "").upper())]
    lake = urlsplit(url)
    path = "/".join(part.strip("/") for part in (lake.path, source["path"]) if part.strip("/"))
    return Pipe(definition, bucket=lake.netloc, prefix=f"{path}/" if path else "")


def notified(body: str) -> list[tuple[str, str]]:
    """(bucket, key) of every object a notification names: none for the test event S3 sends first.

    Raises ValueError for what is no notification.
    """
    event = json.loads(body)
    if not isinstance(event, dict):
        raise ValueError("a notification is an object")
    try:
        # Keys are URL-encoded, a space as a plus; docs.aws.amazon.com/AmazonS3, "Event message structure".
        return [
            (record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"]))
            for record in event.get("Records", [])
            if record.get("eventName", "").removeprefix("s3:").startswith("ObjectCreated:")
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a notification without {error}") from None


def load_next(queue: Queue, queue_url: str, pipe: Pipe, query: Query, log: Log, *, wait_s: int) -> int:
    """Load what the queue holds now, waiting up to wait_s for the first message; the number of files seen.

    Raises snowflake.connector.errors.Error when the warehouse did not answer; the messages are visible again then.
    """
    messages = list(_gather(queue, queue_url, wait_s))
    keys: dict[str, None] = {}
    for message in messages:
        try:
            keys |= {key: None for bucket, key in notified(message["Body"]) if _is_in(pipe, bucket, key)}
        except ValueError as error:
            log("notification_unreadable", message_id=message["MessageId"], reason=str(error))
    if keys:
        try:
            loads = query(pipe.copy(list(keys)))
        except snowflake.connector.errors.Error:
            _return(queue, queue_url, messages)
            raise
        for load in loads:
            if load["status"] in ("LOAD_FAILED", "PARTIALLY_LOADED"):
                log("file_refused", file=load["file"], reason=load["first_error"], line=load["first_error_line"])
        log("files_loaded", files=len(keys), rows=sum(int(load["rows_loaded"] or 0) for load in loads))
    for batch in _tens(messages):
        entries = [{"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(batch)]
        queue.delete_message_batch(QueueUrl=queue_url, Entries=entries)
    return len(keys)


def _gather(queue: Queue, queue_url: str, wait_s: int) -> Iterator[Mapping[str, Any]]:
    """What is there, until the queue has no more to give or there are enough."""
    gathered = 0
    while gathered < FILES_AT_ONCE:
        answer = queue.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0 if gathered else wait_s
        )
        messages = answer.get("Messages", [])
        if not messages:
            return
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


def _is_in(pipe: Pipe, bucket: str, key: str) -> bool:
    return bucket == pipe.bucket and key.startswith(pipe.prefix)


def _print(event: str, **fields: Any) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queue-url", required=True, help="the queue that gets the bucket's notifications")
    parser.add_argument("--endpoint", default="http://127.0.0.1:4566", help="of the local cloud")
    parser.add_argument("--warehouse-port", type=int, default=9192)
    parser.add_argument("--pipe", default=PIPE)
    options = parser.parse_args()
    # Stopping in the middle of anything is safe, so the signal simply ends the program.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))

    queue = boto3.client(
        "sqs",
        endpoint_url=options.endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )

    def query(text: str) -> Sequence[Mapping[str, Any]]:
        return warehouse.query(options.warehouse_port, text)

    try:
        pipe = find_pipe(options.pipe, query)
    except snowflake.connector.errors.Error as error:
        sys.exit(f"pipe {options.pipe} cannot be read: run the migrations first (infra/snowflake). {error}")
    _print("pipe_started", pipe=options.pipe, bucket=pipe.bucket, prefix=pipe.prefix)
    while True:
        try:
            load_next(queue, options.queue_url, pipe, query, _print, wait_s=10)
        except Exception as error:  # the queue or the warehouse is away: nothing is lost, try again
            _print("load_failed", reason=f"{type(error).__name__}: {error}")
            time.sleep(PAUSE_AFTER_FAILURE_S)


if __name__ == "__main__":
    main()
