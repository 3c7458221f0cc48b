"""What landed within the overlap is merged again by every run: the same rows, in time that grows with their number."""

import time
from collections.abc import Callable

from tests.dbt_project.warehouse import Warehouse

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


def test_a_merge_of_many_rows_again_ends_soon_and_changes_nothing(story: Warehouse) -> None:
    """The local warehouse once took five times as long to merge these again, and ever longer for more."""
    story.forget()
    story.query(LANDED)
    first_s = timed(lambda: story.run_again("base_records", full_refresh=True))
    sums = "select count(*) as n, sum(event_count) as events, max(landed_at) as at from SOPHIA.STAGING.BASE_RECORDS"
    before = story.query(sums)
    assert timed(lambda: story.run_again("base_records")) < 2 * first_s
    assert story.query(sums) == before
    assert before[0]["n"] == RECORDS
