"""Which tests run on one worker: those of a file, and all that look at one warehouse that takes long to build."""

import gc
import re
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

BUILT = re.compile(r"\[(seed\d+|story)\b")
"""In the id of a test that has the fixture `company` or `story`."""


gc.set_threshold(10_000, 20, 20)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: nobody need look for garbage in it again and again."""
    gc.freeze()


class ByWarehouse(LoadFileScheduling):
    """By file, but for the tests of such a warehouse."""

    def _split_scope(self, nodeid: str) -> str:
        built = BUILT.search(nodeid)
        return built[1] if built else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByWarehouse | None:
    return ByWarehouse(config, log) if config.getvalue("dist") == "loadfile" else None
