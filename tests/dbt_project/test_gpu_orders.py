"""What waits for GPU workers is ordered once, what they made of old texts is forgotten, and what it cost is told."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from events import keys
from events.gpu_job import Order
from gpu_jobs import data
from gpu_jobs.enrichers import RULES, enricher
from gpu_jobs.models import LOCAL, MODELS, model
from infra.local.unloading import Session
from infra.snowflake.procedures import order_gpu_jobs
from tests.dbt_project.known_company import KnownCompany, copy_of
from tests.dbt_project.story import Told
from tests.dbt_project.warehouse import Warehouse

NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
LANDED_AT = datetime(2030, 1, 1)  # behind everything that has landed


@pytest.fixture(scope="module")
def warehouse(company: KnownCompany, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with copy_of(company, tmp_path_factory.mktemp("ordering")) as copied:
        yield copied


@pytest.fixture
def lake() -> dict[str, bytes]:
    return {}


def ordered(warehouse: Warehouse, lake: dict[str, bytes], kind: str, now: datetime = NOW) -> list[Order]:
    session = Session(warehouse.connection, lake.__setitem__)
    made = list(order_gpu_jobs.order(session, kind, now))
    bodies = (lake[f"{keys.gpu_orders(now.date())}{job_id}.json"] for job_id in made)
    return [msgspec.json.decode(body, type=Order) for body in bodies]


def hashes(orders: list[Order]) -> set[str]:
    return {one for order in orders for shard in order.shards for one in shard.content_hashes}


def test_all_that_waits_is_ordered_each_text_once(warehouse: Warehouse, lake: dict[str, bytes]) -> None:
    documents = {one["content_hash"]: one for one in warehouse.query("select * from AI_MEMORY.DOCUMENTS")}
    [order] = ordered(warehouse, lake, "embed")
    assert (order.kind, order.model_slug, order.ordered_at, order.vocabulary) == (
        "embed",
        model(LOCAL).slug,
        NOW,
        None,
    )
    assert hashes([order]) == documents.keys()
    for shard in order.shards:
        rows = data.decode(lake[shard.key], data.DOCUMENTS)
        assert sorted(row["content_hash"] for row in rows) == sorted(shard.content_hashes)
        assert sum(len(row["text"]) for row in rows) == shard.characters
        for row in rows:
            assert row["text"] == documents[row["content_hash"]]["document_text"]
            assert json.loads(row["structure"]) == json.loads(documents[row["content_hash"]]["structure"])
    _, order = order, *ordered(warehouse, lake, "enrich")
    assert order.model_slug == enricher(RULES).slug
    assert order.vocabulary is not None and order.vocabulary.competitors and order.vocabulary.talking_points


@pytest.mark.parametrize(
    ("outcome", "later", "again"),
    [
        (None, 71 * HOUR, False),
        (None, 73 * HOUR, True),
        ("finished", 2 * HOUR, True),
        ("finished", 0.5 * HOUR, False),
        ("dead_lettered", 2 * HOUR, False),
        ("dead_lettered", 25 * HOUR, True),
    ],
)
def test_what_is_in_work_is_not_ordered_and_what_was_lost_is(
    warehouse: Warehouse, lake: dict[str, bytes], outcome: str | None, later: timedelta, again: bool
) -> None:
    """Nothing of it is loaded here."""
    warehouse.query("delete from AI_MEMORY.GPU_ORDERS")
    begun = NOW + timedelta(minutes=len(outcome or ""), seconds=later / HOUR)  # or two cases would be the same job
    [order] = ordered(warehouse, lake, "embed", begun)
    if outcome:
        end(warehouse, order.job_id, outcome, begun)
    assert bool(ordered(warehouse, {}, "embed", begun + later)) is again


def test_an_order_that_could_not_be_written_is_none(warehouse: Warehouse) -> None:
    warehouse.query("delete from AI_MEMORY.GPU_ORDERS")

    def refuse(key: str, body: bytes) -> None:
        raise OSError("no such stage")

    with pytest.raises(OSError, match="stage"):
        list(order_gpu_jobs.order(Session(warehouse.connection, refuse), "embed", NOW))
    assert warehouse.query("select * from AI_MEMORY.GPU_ORDERS") == []


def test_a_job_s_cost_is_told_and_that_of_a_thousand_chunks(warehouse: Warehouse) -> None:
    end(warehouse, "costly", "finished", NOW, chunks=2000, cost_usd=0.5)
    end(warehouse, "in_vain", "dead_lettered", NOW, chunks=0, cost_usd=0.25, reason="bad_host: no cuda")
    warehouse.dbt("run", "--select", "fct_gpu_job")
    told = {row["job_id"]: row for row in warehouse.query("select * from ANALYTICS.FCT_GPU_JOB")}
    assert float(told["costly"]["cost_usd_per_1000_chunks"]) == 0.25
    assert told["in_vain"]["cost_usd_per_1000_chunks"] is None
    assert (told["in_vain"]["reason"], told["costly"]["lasted_s"]) == ("bad_host: no cuda", 3600)


def test_what_was_made_of_a_text_that_nobody_says_any_more_is_deleted(warehouse: Warehouse) -> None:
    [true] = warehouse.query("select document_id, content_hash from AI_MEMORY.DOCUMENTS order by document_id limit 1")
    for content_hash in (true["content_hash"], "what it said before"):
        remember(warehouse, true["document_id"], content_hash)
    warehouse.dbt("run", "--select", "documents")
    tables = ["CHUNKS", "ENRICHMENTS", "REFUSALS", *(f"EMBEDDINGS__{one.slug.upper()}" for one in MODELS.values())]
    for table in tables:
        left = warehouse.query(f"select distinct content_hash from AI_MEMORY.{table}")  # noqa: S608
        assert left == [{"content_hash": true["content_hash"]}], table


def end(warehouse: Warehouse, job_id: str, outcome: str, ended_at: datetime, **changed: Any) -> None:
    told = {
        "job_id": job_id,
        "kind": "embed",
        "model_version": model(LOCAL).version,
        "outcome": outcome,
        "attempts": 1,
        "documents": 1,
        "chunks": 1,
        "tokens": 1,
        "cost_usd": 0.0,
        "created_at": (ended_at - HOUR).isoformat(),
        "ended_at": ended_at.isoformat(),
    }
    at = ended_at.strftime("%Y-%m-%d %H:%M:%S")
    event = Told("sophia", "gpu_job", job_id, "upsert", at, {**told, **changed}, at, "api")
    warehouse.land([event], LANDED_AT)
    warehouse.dbt("run", "--select", "base_records")


def remember(warehouse: Warehouse, document_id: str, content_hash: str) -> None:
    def insert(table: str, columns: str, *values: str) -> None:
        warehouse.connection.cursor().execute(
            f"insert into SOPHIA.AI_MEMORY.{table} (document_id, content_hash, {columns})"
            f" select %s, %s, {', '.join(values)}",
            (document_id, content_hash),
        )

    insert("CHUNKS", "chunk_id", "'c'")
    insert("ENRICHMENTS", "model_version", "'m'")
    insert("REFUSALS", "kind, model_version, reason", "'embed'", "'m'", "'nothing_to_read'")
    for one in MODELS.values():
        vector = f"array_construct({', '.join(['0'] * one.dimension)})::vector(float, {one.dimension})"
        insert(f"EMBEDDINGS__{one.slug}", "chunk_id, model_version, embedding", "'c'", f"'{one.version}'", vector)
