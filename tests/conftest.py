"""Which tests share a process when several run at once: those of a file, and all that share a running stack."""

from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path = Path(item.path)
        group = path.parent if path.parent.name == "end_to_end" else path
        item.add_marker(pytest.mark.xdist_group(str(group)))
