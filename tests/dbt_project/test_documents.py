"""Every text the company produces is one document, whose pieces lie where it says; and chunks of it are searched."""

import json
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest

from gpu_jobs.models import LOCAL, model
from infra.search import Filters, search
from tests.dbt_project.known_company import KnownCompany

MODEL = model(LOCAL)


@pytest.fixture(scope="module")
def documents(company: KnownCompany) -> list[dict[str, Any]]:
    return company.warehouse.query("select * from AI_MEMORY.DOCUMENTS")


def test_a_piece_lies_where_the_structure_says(documents: list[dict[str, Any]]) -> None:
    """In characters, whatever they are: speakers write emoji."""
    for document in documents:
        pieces = json.loads(document["structure"])
        told = [document["document_text"][piece["start"] : piece["end"]] for piece in pieces]
        assert "\n".join(told) == document["document_text"]
        assert len(pieces) == document["piece_count"]


def test_a_call_holds_every_sentence_once(company: KnownCompany, documents: list[dict[str, Any]]) -> None:
    said = Counter(
        {
            row["call_id"]: row["characters"]
            for row in company.warehouse.query(
                "select call_id, sum(length(replace(sentence_text, ' ', '')))::int as characters"
                " from STAGING.STG_GONG__TRANSCRIPT_SENTENCES where not is_deleted group by call_id"
            )
        }
    )
    calls = [document for document in documents if document["document_type"] == "call"]
    held = {one["source_record_id"]: len("".join(one["document_text"].split())) for one in calls}
    assert held == {call: said[call] for call in held}
    assert len(held) > 50


def test_every_kind_of_text_is_there(documents: list[dict[str, Any]]) -> None:
    kinds = {(document["source"], document["document_type"]) for document in documents}
    assert kinds >= {
        ("gong", "call"),
        ("slack", "thread"),
        ("zendesk", "ticket"),
        ("intercom", "ticket"),
        ("linear", "issue"),
        ("github", "issue"),
        ("notion", "page"),
    }
    assert {document["sensitivity"] for document in documents} <= {"internal", "customer", "private"}


def test_the_nearest_chunk_of_what_is_true_now_is_found(company: KnownCompany, documents: list[dict[str, Any]]) -> None:
    near, far, old = sorted(
        (one for one in documents if one["account_id"] and one["source"] == "gong"),
        key=lambda one: one["document_id"],
    )[:3]
    waiting = {row["document_id"] for row in company.warehouse.query("select * from AI_MEMORY.DOCUMENTS_TO_EMBED")}
    assert waiting == {document["document_id"] for document in documents}
    _tell(company, near, (0.8, 0.6))
    _tell(company, near, (0.8, 0.6))  # written twice
    _tell(company, far, (0.0, 1.0))
    _tell(company, {**old, "content_hash": "what it said before"}, (1.0, 0.0))

    def encode(texts: Any) -> list[list[float]]:
        assert texts == ["who pays late?"]
        return [_vector((1.0, 0.0))]

    port = company.warehouse.connection.port
    found = search(port, "who pays late?", encode, MODEL)
    assert [(row["CHUNK_ID"], round(row["SIMILARITY"], 6)) for row in found] == [
        (near["document_id"], 0.8),
        (far["document_id"], 0.0),
    ]
    only = search(port, "who pays late?", encode, MODEL, Filters(account_id=far["account_id"], source="gong"))
    assert far["document_id"] in {row["CHUNK_ID"] for row in only}
    assert search(port, "who pays late?", encode, MODEL, Filters(sensitivities=("private",))) == []
    assert search(port, "who pays late?", encode, MODEL, Filters(since=date(2100, 1, 1))) == []
    left = {row["document_id"] for row in company.warehouse.query("select * from AI_MEMORY.DOCUMENTS_TO_EMBED")}
    assert waiting - left == {near["document_id"], far["document_id"]}


def _vector(beginning: tuple[float, float]) -> list[float]:
    return [*beginning, *([0.0] * (MODEL.dimension - 2))]


def _tell(company: KnownCompany, document: dict[str, Any], beginning: tuple[float, float]) -> None:
    execute = company.warehouse.connection.cursor().execute
    of = document["document_id"], document["document_id"], document["content_hash"]
    execute(
        "insert into SOPHIA.AI_MEMORY.CHUNKS (chunk_id, document_id, content_hash, chunk_text, ordinal)"
        " values (%s, %s, %s, 'said', 0)",
        of,
    )
    execute(
        f"insert into SOPHIA.AI_MEMORY.EMBEDDINGS__{MODEL.slug}"
        " (chunk_id, document_id, content_hash, model_version, embedding, embedded_at)"
        f" select %s, %s, %s, %s, parse_json(%s)::array::vector(float, {MODEL.dimension}), %s",
        (*of, MODEL.version, json.dumps(_vector(beginning)), datetime(2026, 11, 20, tzinfo=UTC).replace(tzinfo=None)),
    )
