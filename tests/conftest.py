"""Which tests run on one worker: those of a file, and all that look at one known company, which takes long to build."""

import re
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

COMPANY = re.compile(r"\[(seed\d+)\b")
"""In the id of a test that has the fixture `company`."""


class ByCompany(LoadFileScheduling):
    """By file, but for the tests of a company."""

    def _split_scope(self, nodeid: str) -> str:
        company = COMPANY.search(nodeid)
        return company[1] if company else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByCompany | None:
    return ByCompany(config, log) if config.getvalue("dist") == "loadfile" else None
