"""What the warehouse orders becomes one job each, and what was done and never loaded is loaded again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from loop_world import World, is_over

from chalicelib.intelligence.dispatch import Dispatched
from chalicelib.intelligence.orders import LOOKED_BACK, take
from events import keys
from events.gpu_job import Manifest, Order, OrderedShard, Vocabulary, shard_id
from gpu_jobs.dispatch import registered
from gpu_jobs.enrichers import LLM, RULES, enricher
from gpu_jobs.models import LOCAL, model

Make = Callable[..., World]
MODEL, READER = model(LOCAL), enricher(LLM)


def order(here: World, job_id: str = "order1", shards: int = 2, **changed: Any) -> Order:
    """Written as the warehouse writes it, the documents left out: these workers do not read."""
    made = Order(
        job_id=job_id,
        kind="embed",
        model_slug=MODEL.slug,
        ordered_at=here.clock.now(),
        shards=tuple(
            OrderedShard(
                key=f"gpu/shards/{job_id}/{one}.parquet", content_hashes=(f"{one}a", f"{one}b"), characters=900
            )
            for one in range(shards)
        ),
    )
    made = msgspec.structs.replace(made, **changed)
    here.lake.put(f"{keys.gpu_orders(here.clock.now().date())}{job_id}.json", msgspec.json.encode(made))
    return made


def the_job(here: World, job_id: str = "order1") -> Manifest:
    return msgspec.json.decode(here.lake[keys.gpu_manifest(job_id)], type=Manifest)


def outcomes(taken: dict[str, Dispatched | None]) -> dict[str, str | None]:
    return {job: told and told.outcome for job, told in taken.items()}


def test_an_order_is_taken_once_and_done_by_workers_who_know_nothing_of_it(world: Make) -> None:
    here = world("modal")
    order(here)
    assert outcomes(take(here.fleet)) == {"order1": "started"}
    assert take(here.fleet) == {}
    job = the_job(here)
    assert (job.model_version, len(job.shards), job.max_usd) == (MODEL.version, 2, 20.0)
    here.pass_time(30)
    assert here.record("order1").state == "finished" and is_over(here)
    assert here.told[0].documents == 4
    assert take(here.fleet) == {}


def test_an_order_to_understand_brings_its_names_along(world: Make) -> None:
    here = world("modal")
    names = Vocabulary(competitors=(("Rival", "rvl", "name"),))
    made = order(here, kind="enrich", model_slug=READER.slug, vocabulary=names)
    take(here.fleet)
    job = the_job(here)
    assert (job.kind, job.model_version, job.vocabulary) == ("enrich", READER.version, names)
    assert job.shards[0].shard_id == shard_id(READER.version, made.shards[0].content_hashes, names)


def test_an_order_that_no_place_takes_now_is_not_lost(world: Make) -> None:
    here = world("modal")
    here.modal.capacity = 0
    order(here)
    assert outcomes(take(here.fleet)) == {"order1": "waiting"}
    here.modal.capacity = 1
    here.pass_time(40)
    assert here.record("order1").state == "finished"


def test_a_dispatcher_that_dies_behind_the_order_takes_it_again(world: Make) -> None:
    here = world("modal")
    order(here)
    written, here.lake.put = here.lake.put, _failing  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        take(here.fleet)
    here.lake.put = written  # type: ignore[method-assign]
    assert outcomes(take(here.fleet)) == {"order1": "started"}


def test_what_was_done_and_never_loaded_is_loaded_again_once_and_not_paid_for(world: Make) -> None:
    here = world("modal")
    first = order(here)
    take(here.fleet)
    here.pass_time(30)
    spent = here.bill_usd()
    done = [shard_id(MODEL.version, one.content_hashes) for one in first.shards]
    for name in done:
        here.lake.put(keys.gpu_result("chunks", MODEL.slug, name), b"chunks of " + name.encode())
        here.lake.put(keys.gpu_result("embeddings", MODEL.slug, name), b"vectors")
    order(here, "order2", shards=3)  # the warehouse lost what it had, and has something new
    assert outcomes(take(here.fleet)) == {"order2": "started"}
    assert len(the_job(here, "order2").shards) == 1
    again = {key for key in here.lake if key.endswith("-order2.parquet")}
    assert again == {
        keys.gpu_result_again(table, MODEL.slug, name, "order2") for table in ("chunks", "embeddings") for name in done
    }
    assert here.lake[keys.gpu_result_again("chunks", MODEL.slug, done[0], "order2")].endswith(done[0].encode())
    here.pass_time(30)
    order(here, "order3")
    assert outcomes(take(here.fleet)) == {"order3": "held"}
    assert here.record("order3").state == "finished" and here.bill_usd() < 2 * spent
    here.pass_time(3)
    assert [told.job_id for told in here.told] == ["order1", "order2", "order3"]
    assert (here.told[2].chunks, here.told[2].cost_usd, here.told[2].reason) == (0, 0.0, "done_before")


def test_an_order_that_nobody_can_carry_out_does_not_stop_the_others(world: Make) -> None:
    here = world("modal")
    order(here, "alien", model_slug="a_model_of_tomorrow_1")
    order(here, "by_rules", kind="enrich", model_slug=enricher(RULES).slug)
    here.lake.put(f"{keys.gpu_orders(here.clock.now().date())}broken.json", b"{")
    order(here, "mine")
    assert outcomes(take(here.fleet)) == {"alien": None, "broken": None, "by_rules": None, "mine": "started"}


def test_an_old_order_is_left_for_the_warehouse_to_order_again(world: Make) -> None:
    here = world("modal")
    order(here)
    here.clock.forward(minutes=(LOOKED_BACK + timedelta(days=1)).total_seconds() / 60)
    assert take(here.fleet) == {}


def test_the_registry_says_what_it_has() -> None:
    assert registered("embed", MODEL.slug) == (MODEL.model_id, MODEL.version)
    with pytest.raises(KeyError, match=READER.slug):
        registered("enrich", MODEL.slug)


def _failing(key: str, body: bytes) -> None:
    raise RuntimeError("the dispatcher was killed")
