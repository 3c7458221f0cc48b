"""What a worker leaves of documents it was to understand, whatever happens to it or to a document."""

import json
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from events import keys
from events.enrichment import Enrichment
from events.gpu_job import Done, Manifest, Refused, Shard, Vocabulary, shard_id
from gpu_jobs import data
from gpu_jobs import run as worker
from gpu_jobs.dispatch import model_slug
from gpu_jobs.enrichers import ENRICHERS, RULES
from gpu_jobs.jobs.enrich import Enrich
from gpu_jobs.lake import FolderLake
from gpu_jobs.understanding.reading import Reading
from gpu_jobs.understanding.understander import Answer
from tests.gpu_jobs.small_jobs import NOW, heartbeat
from tests.gpu_jobs.understanding.readings import CALL, understanding
from tests.gpu_jobs.written_documents import document

RULE = ENRICHERS[RULES]
TOLD = {
    "pieces": [{"piece": 0, "sentiment": 0.5}],
    "objections": [{"piece": 0, "quote": "too expensive", "objection": "price"}],
    "summary": [{"piece": 0, "quote": "never said", "text": "They never said that."}],
}


class Scripted:
    """Says the same of every document; poison is a word that it raises at; unless it is well, it raises at all."""

    name, prompt_version = "scripted/1", "p1"

    def __init__(self, poison: str = "\x00", is_well: bool = True) -> None:
        self.poison, self.is_well = poison, is_well
        self.asked: list[str] = []

    def understand(self, readings: Sequence[Reading]) -> list[Answer]:
        if not self.is_well or any(self.poison in one.text for one in readings):
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        self.asked += [one.text for one in readings]
        return [
            Answer(None, 7, "answer_unfit") if "mumble" in one.text else Answer(understanding(**TOLD), 9)
            for one in readings
        ]


@pytest.fixture
def lake(tmp_path) -> FolderLake:
    return FolderLake(tmp_path / "lake")


def put_job(lake: FolderLake, documents: list[dict], **other) -> Manifest:
    name = shard_id(RULE.version, (one["content_hash"] for one in documents))
    lake.put(keys.gpu_shard(name), data.encode(data.DOCUMENTS, documents))
    told = {
        "job_id": "job-1",
        "kind": "enrich",
        "model_id": RULES,
        "model_version": RULE.version,
        "shards": (Shard(shard_id=name, key=keys.gpu_shard(name), documents=len(documents), characters=99),),
        "created_at": NOW,
        "ends_at": NOW + timedelta(hours=1),
        "max_usd": 1.0,
        "vocabulary": Vocabulary(competitors=(("RentFlow", "RentFlow", "name"),)),
    }
    manifest = Manifest(**told | other)
    lake.put(keys.gpu_manifest(manifest.job_id), msgspec.json.encode(manifest))
    return manifest


def through(manifest: Manifest, lake: FolderLake, engine: Scripted) -> worker.Ended:
    return worker.work_through(manifest, Enrich(RULE, engine), lake, lambda: NOW, lambda: False, lambda *_: None)


def rows(lake: FolderLake, manifest: Manifest, table: str) -> list[dict] | None:
    body = lake.get(keys.gpu_result(table, model_slug(manifest), manifest.shards[0].shard_id))
    return data.decode(body, data.ENRICHMENTS if table == "enrichments" else data.REFUSALS) if body else None


def done(lake: FolderLake, manifest: Manifest) -> Done | None:
    body = lake.get(keys.gpu_done(model_slug(manifest), manifest.shards[0].shard_id))
    return msgspec.json.decode(body, type=Done) if body else None


def test_what_is_kept_says_who_said_it_of_what_and_what_was_dropped(lake):
    manifest = put_job(lake, [document("It is too expensive.", "call", name="a")])
    assert through(manifest, lake, Scripted()).exit_code == worker.FINISHED
    [row] = rows(lake, manifest, "enrichments")
    assert (row["method"], row["model_version"], row["prompt_version"]) == ("rules+prototypes", "sales-rules@1", "p1")
    assert (row["document_id"], row["dropped_claims"], row["enriched_at"]) == ("a", 1, NOW.replace(tzinfo=None))
    told = Enrichment.model_validate_json(row["enrichment"])
    assert (told.sentiment, told.dropped, told.content_hash) == (0.5, {"quote_not_found": 1}, row["content_hash"])
    assert [(claim.label, claim.start, claim.end) for claim in told.claims] == [("price", 6, 19)]
    assert rows(lake, manifest, "refusals") is None
    marker = done(lake, manifest)
    assert (marker.engine, marker.documents, marker.tokens, marker.dropped_claims) == ("scripted/1", 1, 9, 1)


def test_a_document_that_nothing_can_be_made_of_is_refused_with_its_reason_and_costs_nobody_else(lake):
    ill = [
        document(" ", name="empty"),
        document("Some text.", "call", structure=[{"start": 5, "end": 900}], name="unfit"),
        document("mumble", name="mumbled"),
        document("The poison is here.", name="poison"),
    ]
    well = [document(f"Text {number} is too expensive.", name=f"well-{number}") for number in range(3)]
    manifest = put_job(lake, [well[0], *ill, *well[1:]])
    assert through(manifest, lake, Scripted(poison="poison")).exit_code == worker.FINISHED
    assert [row["document_id"] for row in rows(lake, manifest, "enrichments")] == [one["document_id"] for one in well]
    expected = {
        one["document_id"]: reason
        for one, reason in zip(
            ill, ("nothing_to_read", "structure_leaves_the_text", "answer_unfit", "engine_failed"), strict=True
        )
    }
    told = rows(lake, manifest, "refusals")
    assert {row["document_id"]: row["reason"] for row in told} == expected
    assert {(row["kind"], row["model_version"]) for row in told} == {("enrich", RULE.version)}
    assert {one.document_id: one.reason for one in done(lake, manifest).refused} == expected


def test_an_engine_that_fails_at_everything_refuses_no_document(lake):
    manifest = put_job(lake, [document("Text.", name="a")])
    with pytest.raises(RuntimeError, match="illegal memory"):
        through(manifest, lake, Scripted(is_well=False))
    assert done(lake, manifest) is None
    assert rows(lake, manifest, "refusals") is None


def test_a_second_run_asks_nothing_and_the_same_content_is_asked_for_once(lake):
    manifest = put_job(lake, [document("One text.", name="a"), document("One text.", name="b")])
    first, second = Scripted(), Scripted(is_well=False)
    through(manifest, lake, first)
    assert first.asked == ["One text."]
    assert [row["document_id"] for row in rows(lake, manifest, "enrichments")] == ["a"]
    assert through(manifest, lake, second).exit_code == worker.FINISHED


def test_a_worker_understands_a_job_by_rules_from_its_manifest_alone(lake, tmp_path):
    manifest = put_job(lake, [CALL, document("", name="empty")])
    options = worker.Options("onnx", None, tmp_path)
    ended = worker.run(keys.gpu_manifest(manifest.job_id), lake, options, "here", lambda: NOW, lambda: False)
    assert ended == worker.Ended(worker.FINISHED, "finished", "", 1)
    [row] = rows(lake, manifest, "enrichments")
    told = json.loads(row["enrichment"])
    assert ("competitor_mention", "RentFlow") in {(claim["kind"], claim["label"]) for claim in told["claims"]}
    assert done(lake, manifest).refused == (
        Refused(document_id="empty", content_hash=document("", name="empty")["content_hash"], reason="nothing_to_read"),
    )


@pytest.mark.parametrize(
    ("other", "reason"),
    [({"model_version": "sales-rules@0"}, "other_model_version"), ({"model_id": "gpt-9"}, "unknown_model")],
)
def test_a_job_for_another_enricher_is_refused(lake, tmp_path, other, reason):
    put_job(lake, [CALL], **other)
    options = worker.Options("onnx", None, tmp_path)
    ended = worker.run(keys.gpu_manifest("job-1"), lake, options, "here", lambda: NOW, lambda: False)
    assert (ended.exit_code, ended.reason) == (worker.REFUSED, reason)
    assert heartbeat(lake).reason == reason
