"""The files of a company's repositories: each is a document, cut into its functions, and found by what one does."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from gpu_jobs import data
from gpu_jobs.engines.encoder import CACHE, Encoder, open_encoder
from gpu_jobs.engines.weights import checkpoint
from gpu_jobs.jobs.embed import ChunksOf, Embed
from infra.company import codebase
from infra.search import Filters, search
from tests.dbt_project.kept_vectors import MODEL, keep
from tests.dbt_project.known_company import KnownCompany


@pytest.fixture(scope="module")
def documents(company: KnownCompany) -> list[dict[str, Any]]:
    return company.warehouse.query("select * from AI_MEMORY.DOCUMENTS where document_type = 'code'")


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder(MODEL, "onnx", None, CACHE)


@pytest.fixture(scope="module")
def chunks(
    company: KnownCompany, documents: list[dict[str, Any]], encoder: Encoder
) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """By title, what a worker makes of it and the warehouse holds while these tests run."""
    rows = [{**one, "text": one["document_text"]} for one in documents]
    work = Embed(MODEL, encoder, ChunksOf(MODEL, checkpoint(MODEL).tokenizer_file))
    made = work.finish(work.prepare(rows), "j", datetime(2026, 11, 20, tzinfo=UTC))
    assert made.refused == ()
    found = data.decode(made.tables["chunks"], data.CHUNKS)
    vectors = data.decode(made.tables["embeddings"], data.embeddings(MODEL.dimension))
    for chunk, vector in zip(found, vectors, strict=True):
        keep(company.warehouse, chunk, vector["embedding"])
    titles = {one["document_id"]: one["title"] for one in documents}
    yield {
        title: [chunk for chunk in found if chunk["document_id"] == document_id]
        for document_id, title in titles.items()
    }
    execute = company.warehouse.connection.cursor().execute
    for table in ("CHUNKS", f"EMBEDDINGS__{MODEL.slug}"):
        execute(f"delete from SOPHIA.AI_MEMORY.{table} where document_id in (%s)", (list(titles),))  # noqa: S608


def test_every_file_of_text_that_people_wrote_is_a_document(
    company: KnownCompany, documents: list[dict[str, Any]]
) -> None:
    history = codebase.history(company.world)
    contents = {one.id: (one.record or {})["content"] for one in history.living(company.world.now, codebase.CODE)}
    expected = {id_: told.decode() for id_, told in contents.items() if told.decode(errors="ignore").encode() == told}
    assert len(contents) - len(expected) == 1, "one is no UTF-8"
    assert {one["source_record_id"]: one["document_text"] for one in documents} == expected
    assert {one["title"] for one in documents} == {name.partition(":")[2] for name in expected}
    assert {(one["source"], one["sensitivity"], one["piece_count"]) for one in documents} == {("github", "internal", 1)}


def test_code_is_embedded_and_never_given_to_be_understood(
    company: KnownCompany, documents: list[dict[str, Any]]
) -> None:
    to_embed, to_enrich = (
        company.warehouse.query(f"select document_id from AI_MEMORY.{name} where document_type = 'code'")  # noqa: S608
        for name in ("DOCUMENTS_TO_EMBED", "DOCUMENTS_TO_ENRICH")
    )
    assert {row["document_id"] for row in to_embed} == {one["document_id"] for one in documents}
    assert to_enrich == []


def test_a_file_is_cut_into_its_functions(
    documents: list[dict[str, Any]], chunks: dict[str, list[dict[str, Any]]]
) -> None:
    texts = {one["title"]: one["document_text"] for one in documents}
    for title, found in chunks.items():
        assert [texts[title][one["start_offset"] : one["end_offset"]] for one in found] == [
            one["chunk_text"] for one in found
        ]
    begun = {title: [one["chunk_text"].split("(")[0] for one in found] for title, found in chunks.items()}
    assert begun["src/ledger/bank_files.py"][1:] == ["def read_lines", "def is_settled"]
    assert begun["src/autopay.ts"][-1].startswith(
        "// A resident chooses the day on which the rent is taken.\nexport function"
    )
    assert len(chunks["migrations/0001_accounts.sql"]) == 2
    assert chunks["docs/payments_are_slow.md"][0]["context"].endswith("Payments are slow > First")
    assert len(chunks["internal/refunds/refunds.go"]) == 1, "a language without a grammar, and short"


@pytest.mark.parametrize(
    ("question", "title", "begins"),
    [
        ("how is the late fee computed?", "src/ledger/fees.py", "def late_fee("),
        ("which accounts are overdue?", "migrations/0001_accounts.sql", "-- Overdue accounts"),
        ("split a debt into equal monthly parts", "src/plan.py", "def parts("),
        ("never refund a payment twice", "internal/refunds/refunds.go", "package refunds"),
    ],
)
def test_a_function_is_found_by_what_it_does(
    company: KnownCompany,
    chunks: dict[str, list[dict[str, Any]]],
    encoder: Encoder,
    question: str,
    title: str,
    begins: str,
) -> None:
    nearest, *_ = search(company.warehouse.connection.port, question, encoder.encode, MODEL, Filters(source="github"))
    assert (nearest["DOCUMENT_TYPE"], nearest["TITLE"]) == ("code", title)
    assert nearest["CHUNK_TEXT"].startswith(begins)
