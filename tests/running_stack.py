"""A local stack of the tests' own, silent, and without a schedule where a test wants to order everything itself."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from infra.local import throwaway
from infra.local.stack import DEFAULT_VENDOR_OPTIONS, Report, Stack
from infra.local.throwaway import new_stack

__all__ = ["Silent", "new_stack", "running_stack", "stop_the_schedule"]


class Silent:
    """Shows no progress."""

    @contextlib.contextmanager
    def step(self, title: str, total: int | None = None) -> Iterator[Report]:
        yield lambda done: None


def running_stack(
    folder: Path, vendor_options: Sequence[str] = DEFAULT_VENDOR_OPTIONS
) -> contextlib.AbstractContextManager[Stack]:
    """Up for the length of the block."""
    return throwaway.running_stack(folder, Silent(), vendor_options)


def stop_the_schedule(stack: Stack) -> None:
    """From now on a pull runs only when a test orders it, so that nothing lands between two looks at the warehouse."""
    events = stack.client("events")
    for rule in events.list_rules()["Rules"]:
        if rule.get("ScheduleExpression"):
            events.disable_rule(Name=rule["Name"])
