"""What ministack saved when it was stopped, made ready for another start: nobody holds anything any more.

It stops functions in the middle of their work and saves what they held as held: messages for the rest of the queue's
visibility timeout (half an hour for pulls), streams for the rest of their lease. On AWS a function ends by itself.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def release(folder: Path) -> None:
    """Let go of messages and streams in the state below folder. To be called while ministack does not run."""
    _change(folder / "state" / "sqs.json", _free_messages)
    _change(folder / "state" / "dynamodb.json", _free_streams)


def _change(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    try:
        saved = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):  # a first start, or cut short by a full disk: ministack starts without it
        return
    change(saved["payload"])
    temporary = path.with_suffix(".partial")
    temporary.write_text(json.dumps(saved))
    temporary.replace(path)


def _free_messages(saved: dict[str, Any]) -> None:
    for queue in saved["queues"]["data"].values():
        for message in queue["messages"]:
            if message.get("receipt_handle"):
                message |= {"receipt_handle": None, "visible_at": 0}


def _free_streams(saved: dict[str, Any]) -> None:
    """A lease is an item whose partition key begins with cursor#, see chalicelib.ingest.cursors."""
    for table in saved["tables"]["data"].values():
        for partition, items in table["items"].items():
            for item in items.values() if partition.startswith("cursor#") else ():
                item.pop("owner", None)
                item.pop("lease_until", None)
