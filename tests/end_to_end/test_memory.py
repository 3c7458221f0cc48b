"""What the company wrote and said, through the GPU loop on this machine, on the stack that the main job leaves behind.

It lands an event of its own: its name lets it run after the tests of the main job.
"""

from pathlib import Path

import pytest

from gpu_jobs.engines.encoder import open_encoder
from gpu_jobs.enrichers import RULES, enricher
from gpu_jobs.models import LOCAL, model
from infra.embed import embed
from infra.enrich import enrich
from infra.search import search
from tests.end_to_end.runs import Job
from tests.running_stack import Silent

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module", autouse=True)
def a_fifth_of_the_documents(job: Job) -> None:
    """Embedding all of them takes five times as long and shows no more."""
    job.ask("delete from AI_MEMORY.DOCUMENTS where left(document_id, 1) > '2'")


def test_every_document_is_embedded_once_and_found_by_what_it_says(job: Job, tmp_path: Path) -> None:
    serving = model(LOCAL)
    told = embed(job.stack, Silent(), serving)
    assert (told["outcome"], told["left"]) == ("finished", 0)
    assert told["documents"] > 80
    assert embed(job.stack, Silent(), serving)["outcome"] == "nothing to do"
    assert len(job.ask("select * from AI_MEMORY.SEARCHABLE_CHUNKS")) >= told["documents"]
    said = job.ask(
        "select chunk_text from AI_MEMORY.CHUNKS where document_id in (select document_id from"
        " AI_MEMORY.DOCUMENTS where document_type = 'call')"
    )
    wanted = min((row["chunk_text"] for row in said), key=lambda text: (abs(len(text) - 400), text))
    encoder = open_encoder(serving, "onnx", None, tmp_path)
    nearest = search(job.stack.warehouse_port, wanted, encoder.encode, serving, limit=3)
    assert wanted in [row["CHUNK_TEXT"] for row in nearest]
    [ended] = job.ask("select count(*) as count from RAW_DATA.EVENTS where source = 'sophia' and stream = 'gpu_job'")
    assert ended["count"] == 1


def test_what_the_warehouse_lost_is_loaded_again_once_and_not_made_again(job: Job) -> None:
    serving = model(LOCAL)
    tables = ("CHUNKS", f"EMBEDDINGS__{serving.slug}")
    before = {table: _rows(job, table) for table in tables}
    for table in tables:
        job.ask(f"delete from AI_MEMORY.{table}")  # noqa: S608
    told = embed(job.stack, Silent(), serving)
    assert (told["outcome"], told["left"]) == ("finished", 0)
    assert {table: _rows(job, table) for table in tables} == before
    [ended] = job.ask("select count(*) as count from RAW_DATA.EVENTS where source = 'sophia' and stream = 'gpu_job'")
    assert ended["count"] == 1  # no worker was asked


def _rows(job: Job, table: str) -> list[tuple[str, str]]:
    """Which chunks and which job paid for them, where the table says it."""
    paid_for = "'-'" if table == "CHUNKS" else "job_id"
    rows = job.ask(f"select chunk_id, {paid_for} as job_id from AI_MEMORY.{table} order by chunk_id, job_id")  # noqa: S608
    return [(row["chunk_id"], row["job_id"]) for row in rows]


def test_every_document_is_understood_once_and_every_claim_stands_in_its_text(job: Job) -> None:
    told = enrich(job.stack, Silent(), enricher(RULES))
    assert (told["outcome"], told["left"], told["refused"]) == ("finished", 0, {})
    assert enrich(job.stack, Silent(), enricher(RULES))["outcome"] == "nothing to do"
    assert len(job.ask("select * from AI_MEMORY.DOCUMENT_ENRICHMENTS")) == told["documents"]
    claims = job.ask(
        "select claims.claim_kind, claims.quote, claims.start_offset, claims.end_offset, documents.document_text"
        " from AI_MEMORY.DOCUMENT_CLAIMS as claims"
        " inner join AI_MEMORY.DOCUMENTS as documents on documents.document_id = claims.document_id"
    )
    assert {one["claim_kind"] for one in claims} >= {"talking_point", "outcome", "summary", "competitor_mention"}
    for one in claims:
        assert one["document_text"][int(one["start_offset"]) : int(one["end_offset"])] == one["quote"]
    [spoken] = job.ask(
        "select count(*) as count from RAW_DATA.EVENTS where source = 'sophia' and stream = 'gpu_job'"
        " and payload:kind::varchar = 'enrich' and payload:outcome::varchar = 'finished'"
    )
    assert spoken["count"] == 1
