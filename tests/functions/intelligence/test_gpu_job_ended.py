"""How a job ended, as the warehouse hears of it."""

from pathlib import Path

import msgspec
import pytest

from events.gpu_job_ended import GpuJobEnded

SAMPLE = Path(__file__).parents[3] / "events/sophia/samples/api__gpu_job.json"


def test_the_cost_of_a_thousand_chunks_is_told_where_there_are_chunks() -> None:
    ended = msgspec.json.decode(SAMPLE.read_bytes(), type=GpuJobEnded)
    assert ended.entity_id == ended.job_id
    assert ended.cost_usd_per_1000_chunks == pytest.approx(0.2174 / 18.844)
    assert msgspec.structs.replace(ended, chunks=0).cost_usd_per_1000_chunks is None
