"""The stand-in as a process: `python -m infra.local.snowpipe --queue-url … --endpoint … --warehouse-port …`.

It takes S3's notifications from the queue, gathers what has arrived, and runs the COPY text each pipe was created with
on exactly those files. A notification is deleted only after the COPY that loaded its file, or recorded why it cannot be
loaded, was committed. Killed at any moment, it is given the same notifications again, and the load history keeps every
file from being loaded twice.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
import snowflake.connector

from infra import warehouse
from infra.local.snowpipe.load import load_next
from infra.local.snowpipe.pipe import find_pipes

WAIT_S = 10
GATHER_S = 0.5
"""Snowpipe gathers too, and for longer: a COPY costs the warehouse the same for one file and for fifty."""
PAUSE_AFTER_FAILURE_S = 2.0


def _print(event: str, **fields: Any) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queue-url", required=True, help="the queue that gets the bucket's notifications")
    parser.add_argument("--endpoint", default="http://127.0.0.1:4566", help="of the local cloud")
    parser.add_argument("--warehouse-port", type=int, default=9192)
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
        pipes = find_pipes(query)
    except (snowflake.connector.errors.Error, ValueError) as error:
        sys.exit(f"the pipes cannot be read: run the migrations first (infra/snowflake). {error}")
    for pipe in pipes:
        _print("pipe_started", pipe=pipe.name, bucket=pipe.bucket, prefix=pipe.prefix)
    while True:
        try:
            load_next(queue, options.queue_url, pipes, query, _print, wait_s=WAIT_S, gather_s=GATHER_S)
        except Exception as error:  # the queue or the warehouse is away: nothing is lost, try again
            _print("load_failed", reason=f"{type(error).__name__}: {error}")
            time.sleep(PAUSE_AFTER_FAILURE_S)


if __name__ == "__main__":
    main()
