"""Which tests run on one worker: those of a file, and all that look at one known company, which takes long to build."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        told = getattr(item, "callspec", None)
        company = f"company {told.params['company']}" if told and "company" in told.params else None
        item.add_marker(pytest.mark.xdist_group(company or str(item.path)))
