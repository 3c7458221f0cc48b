"""What ministack saved when it was stopped, made ready for another start: nobody holds anything any more, and queues
are found at the port of today.

It stops functions in the middle of their work and saves what they held as held: messages for the rest of the queue's
visibility timeout (half an hour for pulls), streams and connections for the rest of their lease. On AWS a function ends
by itself.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ACCOUNT = "/000000000000/"
"""ministack's only account; what follows it is a queue's name."""
_QUEUE = re.compile(rf'"(?P<cloud>http://[\w.]+:\d+){_ACCOUNT}')


def release(folder: Path) -> None:
    """Let go of messages and leases in the state below folder. To be called while ministack does not run."""
    _change(folder / "state" / "sqs.json", _free_messages)
    _change(folder / "state" / "dynamodb.json", _end_leases)


def move(folder: Path, cloud_url: str) -> bool:
    """Let the state below folder name its queues at cloud_url; false where it does already, or there is none.

    ministack keeps a queue under its whole url, and so do the functions' settings and the stack's outputs: at another
    port they would all ask nobody.
    """
    state = folder / "state"
    try:
        known = _QUEUE.search((state / "sqs.json").read_text())
    except FileNotFoundError:
        return False
    if known is None or known["cloud"] == cloud_url:
        return False
    for path in sorted(state.glob("*.json"), key=lambda path: path.name == "sqs.json"):  # it is last: cut short, again
        text = path.read_text()
        moved = text.replace(known["cloud"] + _ACCOUNT, cloud_url + _ACCOUNT)
        if moved != text:
            _replace(path, moved)
    return True


def _change(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    try:
        saved = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):  # a first start, or cut short by a full disk: ministack starts without it
        return
    change(saved["payload"])
    _replace(path, json.dumps(saved))


def _replace(path: Path, text: str) -> None:
    temporary = path.with_suffix(".partial")
    temporary.write_text(text)
    temporary.replace(path)


def _free_messages(saved: dict[str, Any]) -> None:
    for queue in saved["queues"]["data"].values():
        for message in queue["messages"]:
            if message.get("receipt_handle"):
                message |= {"receipt_handle": None, "visible_at": 0}


def _end_leases(saved: dict[str, Any]) -> None:
    """Whatever has `lease_until` is held, of whichever kind; see chalicelib.ingest.cursors."""
    for table in saved["tables"]["data"].values():
        for items in table["items"].values():
            for item in items.values():
                if item.pop("lease_until", None):
                    item.pop("owner", None)
