"""A local stack of one's own: a folder and free ports for itself, ended with the block whatever becomes of it."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from .stack import DEFAULT_VENDOR_OPTIONS, ROOT, Ports, Stack, Steps


def new_stack(folder: Path, ports: Ports | None = None) -> Stack:
    """Not started yet. It borrows the checkout's ministack, so that nobody installs another one each time."""
    ministack = ROOT / ".sophia" / "ministack"
    ministack.mkdir(parents=True, exist_ok=True)
    (folder / "ministack").symlink_to(ministack)
    return Stack(folder, ports or Ports.free())


@contextlib.contextmanager
def running_stack(
    folder: Path, steps: Steps, vendor_options: Sequence[str] = DEFAULT_VENDOR_OPTIONS
) -> Iterator[Stack]:
    """Up for the length of the block."""
    stack = new_stack(folder)
    try:
        stack.up(steps, vendor_options=vendor_options, dies_with_us=True)
        yield stack
    finally:
        stack.down()
