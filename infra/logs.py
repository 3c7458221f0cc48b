"""The log lines of the deployed functions, read from the cloud's own logs: every answer, landing and pull has one."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from .local.cloud import STACK
from .local.stack import Stack
from .show import as_text

GROUPS = {
    "api": "ApiHandlerLogs",
    "land": "LandLogs",
    "pull": "PullLogs",
    "tick": "TickLogs",
    "background": "BackgroundLogs",
    "intake": "IntakeLogs",
}
"""By function, the log group's name in the template."""
_OF_THE_RUNTIME = ("INIT_START ", "START ", "END ", "REPORT ")
_NOTHING = (None, "", 0)  # counters of what did not happen are noise
_OF_EVERY_LINE = {"level", "location", "message", "timestamp", "service", "_aws", "cold_start", "xray_trace_id"}


def tail(stack: Stack, function: str, *, lines: int, find: str, since: timedelta) -> list[dict[str, Any]]:
    """The newest lines that contain find, oldest first: time, level, event, said."""
    logs, cloudformation = stack.client("logs"), stack.client("cloudformation")
    resource = cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=GROUPS[function])
    group = resource["StackResourceDetail"]["PhysicalResourceId"]
    messages = _messages(logs, group, datetime.now(UTC) - since)
    told = [read(text) for text in messages if not text.startswith(_OF_THE_RUNTIME)]
    return [line for line in told if find in " ".join(as_text(value) for value in line.values())][-lines:]


def _messages(logs: Any, group: str, start: datetime) -> Iterator[str]:
    for page in logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=int(start.timestamp() * 1000)
    ):
        for event in page["events"]:
            yield from event["message"].splitlines()


def read(text: str) -> dict[str, Any]:
    """One line as a row. One that is not ours, such as a traceback of the runtime, is told as it is."""
    try:
        line = json.loads(text)
        event, level, at = line["message"], line["level"], line["timestamp"]
    except (ValueError, KeyError, TypeError):
        return {"at": None, "level": None, "event": None, "said": text}
    said = {name: value for name, value in line.items() if name not in _OF_EVERY_LINE and value not in _NOTHING}
    return {"at": at[:19], "level": level, "event": event, "said": said}
