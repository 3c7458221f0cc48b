"""Write what waits for a GPU into the lake: shards of documents, and an order that names them for `dispatch` to take.

The body of the procedure AI_MEMORY.ORDER_GPU_JOBS: R__gpu_orders.sql carries this very file into Snowflake, where
nothing else of ours is at hand. `shards` is a plain function; `main` reads and writes. An order is
events.gpu_job.Order. It is written last: what lies there is whole.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

DOCUMENTS_A_SHARD = 250
SHARDS_AN_ORDER = 40
ORDERS_A_RUN = 4
"""Of each kind. What is left waits for the next run."""
WAITING = {"embed": "SOPHIA.AI_MEMORY.DOCUMENTS_TO_EMBED", "enrich": "SOPHIA.AI_MEMORY.DOCUMENTS_TO_ENRICH"}
ORDERS = "SOPHIA.AI_MEMORY.GPU_ORDERS"
LAKE = "@SOPHIA.RAW_DATA.LAKE/gpu"

# A finished job's results are in the warehouse within the hour, or were lost on the way. One that was given up is not
# asked for again before the day is over, and of one that nobody took nothing is ever told.
_NOT_IN_WORK = f"""
with

ended as (

    select job_id, outcome, ended_at from SOPHIA.STAGING.STG_SOPHIA__GPU_JOBS

),

in_work as (

    select distinct hashes.value::varchar as content_hash
    from {ORDERS} as orders
    left join ended on ended.job_id = orders.job_id
    inner join lateral flatten(input => orders.told:shards) as shards
    inner join lateral flatten(input => shards.value:content_hashes) as hashes
    where
        orders.kind = '%(kind)s'
        and dateadd(
            hour,
            case ended.outcome when 'finished' then 1 when 'dead_lettered' then 24 else 72 end,
            coalesce(ended.ended_at, orders.ordered_at)
        ) > '%(now)s'::timestamp_ntz

)

select waiting.content_hash, waiting.model_slug, max(waiting.characters) as characters
from %(waiting)s as waiting
left join in_work on in_work.content_hash = waiting.content_hash
where in_work.content_hash is null
group by waiting.content_hash, waiting.model_slug
order by waiting.content_hash
limit %(most)s
"""  # noqa: S608
_SHARD = f"""
copy into {LAKE}/shards/%(job_id)s/%(number)s.parquet
from (
    select
        waiting.document_id as "document_id",
        waiting.document_type as "document_type",
        waiting.content_hash as "content_hash",
        waiting.title as "title",
        waiting.document_text as "text",
        to_json(waiting.structure) as "structure"
    from %(waiting)s as waiting
    where waiting.content_hash in (
        select hashes.value::varchar
        from {ORDERS} as orders
        inner join lateral flatten(input => orders.told:shards[%(number)s]:content_hashes) as hashes
        where orders.job_id = '%(job_id)s'
    )
    qualify row_number() over (partition by waiting.content_hash order by waiting.document_id) = 1
)
file_format = (type = parquet)
header = true single = true overwrite = true max_file_size = 5368709120
"""  # noqa: S608
_ORDER = f"""
copy into {LAKE}/orders/%(day)s/%(job_id)s.json
from (select told from {ORDERS} where job_id = '%(job_id)s')
file_format = (type = json compression = none)
single = true overwrite = true
"""  # noqa: S608


def main(session: Any) -> str:
    """Entry of the procedure: what waits and is in no order yet, oldest orders first."""
    now = datetime.now(UTC)
    made = {kind: sum(1 for _ in order(session, kind, now)) for kind in WAITING}
    return ", ".join(f"{count} orders to {kind}" for kind, count in made.items())


def order(session: Any, kind: str, now: datetime) -> Iterator[str]:
    """Write the orders of a kind; each one's job. A failure in the middle leaves no trace but objects nobody reads."""
    wanted = {"kind": kind, "now": now.replace(tzinfo=None).isoformat(sep=" "), "waiting": WAITING[kind]}
    most = DOCUMENTS_A_SHARD * SHARDS_AN_ORDER * ORDERS_A_RUN
    rows = [row.as_dict() for row in session.sql(_NOT_IN_WORK % {**wanted, "most": most}).collect()]
    names = vocabulary(session) if kind == "enrich" and rows else None
    for some in _batched(rows, DOCUMENTS_A_SHARD * SHARDS_AN_ORDER):
        job_id = _job_id(kind, now, (row["CONTENT_HASH"] for row in some))
        told = {
            "job_id": job_id,
            "kind": kind,
            "model_slug": some[0]["MODEL_SLUG"],
            "ordered_at": now.isoformat(),
            "shards": shards(some, job_id),
            **({"vocabulary": names} if names else {}),
        }
        # The row first: a shard is written of what it names, and while it is there nobody orders the same.
        session.sql(
            f"insert into {ORDERS} (job_id, kind, ordered_at, told) select ?, ?, ?::timestamp_ntz, parse_json(?)",
            params=[job_id, kind, wanted["now"], json.dumps(told)],
        ).collect()
        try:
            for number in range(len(told["shards"])):
                session.sql(_SHARD % {**wanted, "job_id": job_id, "number": number}).collect()
            session.sql(_ORDER % {"day": now.date().isoformat(), "job_id": job_id}).collect()
        except Exception:
            session.sql(f"delete from {ORDERS} where job_id = ?", params=[job_id]).collect()  # noqa: S608
            raise
        yield job_id


def shards(waiting: Iterable[Mapping[str, Any]], job_id: str) -> list[dict[str, Any]]:
    """Rows of CONTENT_HASH and CHARACTERS as the shards of an order, in their order."""
    return [
        {
            "key": f"gpu/shards/{job_id}/{number}.parquet",
            "content_hashes": [row["CONTENT_HASH"] for row in some],
            "characters": int(sum(row["CHARACTERS"] for row in some)),
        }
        for number, some in enumerate(_batched(waiting, DOCUMENTS_A_SHARD))
    ]


def vocabulary(session: Any) -> dict[str, Any]:
    """The names the seeds know, as events.gpu_job.Vocabulary."""
    competitors = session.sql(
        "select competitor_name, alias, alias_kind from SOPHIA.ANALYTICS.COMPETITORS order by competitor_name, alias"
    )
    points = session.sql(
        "select talking_point, phrase from SOPHIA.ANALYTICS.TALKING_POINTS order by talking_point, phrase"
    )
    return {
        "competitors": [list(row.as_dict().values()) for row in competitors.collect()],
        "talking_points": [list(row.as_dict().values()) for row in points.collect()],
    }


def _job_id(kind: str, now: datetime, content_hashes: Iterable[str]) -> str:
    return hashlib.sha256("\n".join([kind, now.isoformat(), *content_hashes]).encode()).hexdigest()[:32]


def _batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """So many at a time; itertools has it from Python 3.12 on, and the procedure runs on 3.11."""
    rest = iter(rows)
    while some := list(islice(rest, size)):
        yield some
