"""The main job, done once for all tests that look at its result."""

from collections.abc import Iterator

import pytest

from infra import main_job
from tests.end_to_end.runs import Job
from tests.running_stack import Silent, running_stack, stop_the_schedule

SEED = 42


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    company = main_job.imagine(SEED)
    with running_stack(tmp_path_factory.mktemp("sophia"), company.vendor_options) as stack:
        stop_the_schedule(stack)
        yield Job(company, stack, main_job.run(stack, company, Silent()))
