"""What landed within the overlap is merged again by every run: the same rows, in time that grows with their number."""

import time
from collections.abc import Callable
from pathlib import Path

from dbt.contracts.graph.manifest import Manifest

from tests.dbt_project.warehouse import running

RECORDS = 20_000
LANDED = f"""
    insert into SOPHIA.RAW_DATA.EVENTS (
        event_id, source, connection_id, stream, entity_id, operation, lane, received_at, payload, object_key, landed_at
    )
    select
        'event-' || seq4(), 'custom', 'default', 'stream_' || mod(seq4(), 4), seq4()::varchar, 'upsert', 'webhook',
        '2026-03-20 08:00:00'::timestamp_ntz, parse_json('{{"note": "{"x" * 1500}"}}'), 'object',
        '2026-03-20 08:00:00'::timestamp_ntz
    from table(generator(rowcount => {RECORDS}))
"""  # noqa: S608


def timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def test_a_merge_of_many_rows_again_ends_soon_and_changes_nothing(tmp_path: Path, manifest: Manifest) -> None:
    """The local warehouse once took five times as long to merge these again, and ever longer for more."""
    with running(tmp_path, "2026-03-20T09:00:00", manifest) as warehouse:
        warehouse.query(LANDED)
        first_s = timed(lambda: warehouse.dbt("run", "--select", "base_records"))
        sums = "select count(*) as n, sum(event_count) as events, max(landed_at) as at from SOPHIA.STAGING.BASE_RECORDS"
        before = warehouse.query(sums)
        assert timed(lambda: warehouse.dbt("run", "--select", "base_records")) < 2 * first_s
        assert warehouse.query(sums) == before
        assert before[0]["n"] == RECORDS
