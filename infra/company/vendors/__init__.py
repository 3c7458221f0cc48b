"""Stand-ins for the vendors' APIs on one loopback port: /slack/api/, /github/ …, one path each, and /_control/.

They answer from the simulated company's truth as of their clock, which stands still until told to advance. Written from
the vendors' documents, not from our client. Run: python -m infra.company.vendors --help

A file that bears a source's name is that vendor; the others here are what vendors share.
"""

import functools
import importlib
import pkgutil
from collections.abc import Iterable
from typing import TYPE_CHECKING

from chalicelib import sources

if TYPE_CHECKING:
    from ..vendor import Vendor


@functools.cache
def names() -> tuple[str, ...]:
    """Every vendor there is, in alphabetical order."""
    files = {module.name for module in pkgutil.iter_modules(__path__)}
    return tuple(name for name in sources.names() if name in files)


@functools.cache
def load(name: str) -> "Vendor":
    """Raises KeyError for a source without a stand-in."""
    if name not in names():
        raise KeyError(name)
    vendor: Vendor = importlib.import_module(f"{__name__}.{name}").vendor
    return vendor


def every(only: Iterable[str] | None = None) -> "list[Vendor]":
    """The vendors of these names, all where none are named."""
    return [load(name) for name in (names() if only is None else only)]
