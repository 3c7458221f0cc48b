"""A local stack of the tests' own: a folder and ports for itself, ended with the tests whatever becomes of them."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from infra.local.stack import DEFAULT_VENDOR_OPTIONS, ROOT, Ports, Report, Stack


class Silent:
    """Shows no progress."""

    @contextlib.contextmanager
    def step(self, title: str, total: int | None = None) -> Iterator[Report]:
        yield lambda done: None


def new_stack(folder: Path, ports: Ports | None = None) -> Stack:
    """Not started yet. It borrows the checkout's ministack, so that tests do not install another one each time."""
    ministack = ROOT / ".sophia" / "ministack"
    ministack.mkdir(parents=True, exist_ok=True)
    (folder / "ministack").symlink_to(ministack)
    return Stack(folder, ports or Ports.free())


@contextlib.contextmanager
def running_stack(folder: Path, vendor_options: Sequence[str] = DEFAULT_VENDOR_OPTIONS) -> Iterator[Stack]:
    """Up for the length of the block."""
    stack = new_stack(folder)
    try:
        stack.up(Silent(), vendor_options=vendor_options, dies_with_us=True)
        yield stack
    finally:
        stack.down()


def stop_the_schedule(stack: Stack) -> None:
    """From now on a pull runs only when a test orders it, so that nothing lands between two looks at the warehouse."""
    events = stack.client("events")
    for rule in events.list_rules()["Rules"]:
        if rule.get("ScheduleExpression"):
            events.disable_rule(Name=rule["Name"])
