"""One file per vendor, found by name. Adding a source adds a file here and edits none.

A name that begins with an underscore is no source: it is a part of one whose file would grow past what one can read.
"""

import functools
import importlib
import pkgutil

from ..ingest.source import Source


@functools.cache
def names() -> tuple[str, ...]:
    """Every source there is, in alphabetical order."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name[0] != "_"))


@functools.cache
def load(name: str) -> Source | None:
    """The source of that name, or None. Imports that one file alone: a cold receiver pays for one vendor."""
    if name not in names():
        return None
    return importlib.import_module(f"{__name__}.{name}").source
