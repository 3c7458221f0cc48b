"""What the warehouse ordered, made into jobs, each order once.

An order is an object that Snowflake wrote (infra/snowflake/procedures/order_gpu_jobs.py), its documents lie beside it.
A job bears its order's id, so its record says that the order was taken, and an order taken twice is one job.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from events import keys
from events.gpu_job import Kind, Manifest, Order, OrderedShard, Shard, shard_id
from gpu_jobs.dispatch import registered, runs_on_gpu

from ..ingest.lake import Lake
from ..log import log
from .dispatch import Dispatched, Fleet, dispatch

LOOKED_BACK = timedelta(days=2)
"""An older order was given up, and its documents are ordered again; Order says when. Jobs are known for longer."""
TABLES: dict[Kind, tuple[str, ...]] = {
    "embed": ("chunks", "embeddings", "refusals"),
    "enrich": ("enrichments", "refusals"),
}
"""What a kind of job writes; names of keys.gpu_result."""


def take(fleet: Fleet) -> dict[str, Dispatched | None]:
    """Give every new order's job to a place: by its job what became of it, None for one that cannot be carried out.

    Raises LakeUnavailable; orders that were not reached are taken next time.
    """
    known = {held.record.job_id for held in fleet.leases.all()}
    return {
        job_id: _taken(key, job_id, fleet)
        for key in _ordered(fleet.lake, fleet.now())
        if (job_id := key.rsplit("/", 1)[1].removesuffix(".json")) not in known
    }


def manifest(order: Order, lake: Lake, *, now: datetime, max_usd: float) -> Manifest:
    """The job of an order, without the shards that were done before: their results are loaded once more, for the
    documents would not wait if the warehouse had them.

    Raises KeyError for a model that is not in the registry, LakeUnavailable.
    """
    model_id, version = registered(order.kind, order.model_slug)
    shards = []
    for one in order.shards:
        shard = _shard(one, shard_id(version, one.content_hashes, order.vocabulary))
        if lake.get(keys.gpu_done(order.model_slug, shard.shard_id)) is None:
            shards.append(shard)
        else:
            _load_again(order, shard.shard_id, lake)
    return Manifest(
        job_id=order.job_id,
        kind=order.kind,
        model_id=model_id,
        model_version=version,
        shards=tuple(shards),
        created_at=now,
        ends_at=now + LOOKED_BACK,  # until it is dispatched, which knows better
        max_usd=max_usd,
        vocabulary=order.vocabulary,
    )


def _ordered(lake: Lake, now: datetime) -> Iterator[str]:
    for ago in range(LOOKED_BACK.days, -1, -1):
        yield from lake.keys(keys.gpu_orders((now - timedelta(days=ago)).date()))


def _taken(key: str, job_id: str, fleet: Fleet) -> Dispatched | None:
    body, now = fleet.lake.get(key), fleet.now()
    try:
        order = msgspec.json.decode(body or b"", type=Order)
        if order.job_id != job_id:
            raise ValueError(f"it is of job {order.job_id!r}")
        job = manifest(order, fleet.lake, now=now, max_usd=fleet.budget.usd_per_day)
        if not runs_on_gpu(job):
            raise ValueError(f"{order.model_slug!r} needs no GPU: set enrichment_model in dbt_project.yml")
    except (ValueError, KeyError) as error:  # msgspec's and Unicode's errors are the first
        log.error("gpu_order_refused", object_key=key, reason=str(error))
        return None
    if job.shards:
        return dispatch(job, fleet)
    fleet.lake.put(keys.gpu_manifest(job_id), msgspec.json.encode(job))
    held = fleet.leases.of(job_id)
    held.write(held.record.ended("finished", "done_before", now))
    return Dispatched("held", reason="done_before")


def _shard(ordered: OrderedShard, name: str) -> Shard:
    return Shard(shard_id=name, key=ordered.key, documents=len(ordered.content_hashes), characters=ordered.characters)


def _load_again(order: Order, name: str, lake: Lake) -> None:
    """Under a name that belongs to this order, so that it is loaded again once."""
    found = 0
    for table in TABLES[order.kind]:
        if body := lake.get(keys.gpu_result(table, order.model_slug, name)):
            lake.put(keys.gpu_result_again(table, order.model_slug, name, order.job_id), body)
            found += 1
    log.warning("gpu_results_loaded_again", job_id=order.job_id, shard_id=name, tables=found)
