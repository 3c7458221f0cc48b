"""Every text the company produces is one document, whose pieces lie where it says; and chunks of it are searched."""

import dataclasses
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from hashlib import md5
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from events.gpu_job import Refused, Vocabulary
from gpu_jobs import data, refusals
from gpu_jobs.engines.encoder import CACHE
from gpu_jobs.enrichers import RULES, enricher
from gpu_jobs.job import Results
from gpu_jobs.jobs.enrich import Enrich
from gpu_jobs.understanding.rules import open_rules
from infra.company.drive_texts import WRITTEN
from infra.company.hooks import google_drive
from infra.company.notes import notes
from infra.search import Filters, search
from tests.dbt_project.kept_vectors import MODEL, keep
from tests.dbt_project.known_company import KnownCompany, copy_of
from tests.dbt_project.story import Told

LATER = "2026-11-20 17:05:00"


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
        ("github", "code"),
        ("notion", "page"),
        ("hubspot", "note"),
        ("salesforce", "note"),
        ("google_drive", "file"),
    }
    assert {document["sensitivity"] for document in documents} <= {"internal", "customer", "private"}


def test_an_issue_of_github_begins_with_what_was_written_on_opening_it(documents: list[dict[str, Any]]) -> None:
    issues = [one for one in documents if (one["source"], one["document_type"]) == ("github", "issue")]
    assert len(issues) > 10
    for issue in issues:
        assert issue["document_text"].startswith(("Seen twice today.", "Reverts payready-labs/"))
        assert json.loads(issue["structure"])[0]["speaker"]


def test_a_note_is_on_the_deal_and_the_account_it_was_written_for(
    company: KnownCompany, documents: list[dict[str, Any]]
) -> None:
    world = company.world
    held = {one["source_record_id"]: one for one in documents if one["source"] == "hubspot"}
    living = {one.id: one for one in notes(world) if one.is_live(world.now)}
    assert held.keys() == living.keys()
    # No webhook tells of these links, and none to a deal that was deleted before the first pull is listed.
    deleted = {one.record.id for one in world.pursuits if not one.record.is_live(world.now)}
    for note_id, note in living.items():
        links = [link for link in note.links if link.holds(world.now) and link.to_id not in deleted]
        told = {link.to_kind: link.to_id for link in links}
        document, deal = held[note_id], told.get("deal")
        assert document["account_id"] == told["company"]
        assert document["deal_key"] == (deal and md5(f"hubspot|default|deal|{deal}".encode()).hexdigest())
        said = unescape(re.sub("<[^>]+>", "", note.value("hs_note_body", world.now).replace("</p>", "\n")))
        assert document["document_text"] == said.strip()


def test_a_file_says_what_it_says_now(company: KnownCompany, documents: list[dict[str, Any]]) -> None:
    history, now = google_drive.history(company.world), company.world.now
    held = {one["source_record_id"]: one for one in documents if one["source"] == "google_drive"}
    living = {one.id: one.record for one in history.living(now, "file") if one.record and not one.record["trashed"]}
    assert {document_id: one["title"] for document_id, one in held.items()}.items() <= {
        file_id: record["name"] for file_id, record in living.items()
    }.items()
    assert {one.name for one in WRITTEN if not one.size_bytes and not one.is_trashed} <= {
        one["title"] for one in held.values()
    }
    for file_id, document in held.items():
        said = history.find(now, "text", file_id)
        assert said and said.record
        assert document["document_text"] == said.record["text"].partition("[image1]:")[0]


def test_a_deleted_note_and_a_removed_file_leave_with_all_that_was_made_of_them(
    company: KnownCompany, documents: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Whether Drive told that the file is gone, or its text: either is enough."""
    note, stays = [one for one in documents if one["source"] == "hubspot"][:2]
    file, text = [one for one in documents if one["source"] == "google_drive"][:2]
    gone = {(one["source"], stream): one for stream, one in (("note", note), ("file", file), ("file_text", text))}
    with copy_of(company, tmp_path) as warehouse:
        copied = dataclasses.replace(company, warehouse=warehouse)
        for one in (stays, *gone.values()):
            _tell(copied, one, (1.0, 0.0))
        [newest] = warehouse.query("select max(landed_at) as landed_at from SOPHIA.RAW_DATA.EVENTS")
        told = [
            Told(source, stream, one["source_record_id"], "delete", LATER, {}, LATER, "pull", connection_id="default")
            for (source, stream), one in gone.items()
        ]
        warehouse.land(told, newest["landed_at"] + timedelta(hours=1))
        warehouse.run_again("base_records", "int_documents__*", "documents")
        ids = {one["document_id"] for one in gone.values()}
        tables = "AI_MEMORY.DOCUMENTS", "ANALYTICS.INT_DOCUMENTS__TEXTS", f"AI_MEMORY.EMBEDDINGS__{MODEL.slug}"
        for table in (*tables, "AI_MEMORY.CHUNKS"):
            left = {row["document_id"] for row in warehouse.query(f"select document_id from SOPHIA.{table}")}  # noqa: S608
            assert (table, ids & left, stays["document_id"] in left) == (table, set(), True)


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


def test_what_is_understood_of_what_is_true_now_is_told_with_its_proof(
    company: KnownCompany, documents: list[dict[str, Any]]
) -> None:
    by_id = {document["document_id"]: document for document in documents}
    contents = {one["content_hash"]: one for one in documents if one["document_type"] == "ticket"}
    *some, blank = [contents[content_hash] for content_hash in sorted(contents)[:4]]
    done = _understood([{**one, "text": one["document_text"]} for one in some] + [{**blank, "text": " "}])
    _load(company, "ENRICHMENTS", data.ENRICHMENTS, done.tables["enrichments"])
    _load(company, "ENRICHMENTS", data.ENRICHMENTS, done.tables["enrichments"])  # written twice
    _load(company, "REFUSALS", data.REFUSALS, done.tables["refusals"])

    query = company.warehouse.query
    told = {row["document_id"]: row for row in query("select * from AI_MEMORY.DOCUMENT_ENRICHMENTS")}
    assert told.keys() == _saying_the_same(some, documents)
    assert {row["method"] for row in told.values()} == {"rules+prototypes"}
    assert all(-1 <= row["sentiment"] <= 1 for row in told.values())
    claims = query("select * from AI_MEMORY.DOCUMENT_CLAIMS")
    assert {claim["document_id"] for claim in claims} == set(told)
    for claim in claims:
        text = by_id[claim["document_id"]]["document_text"]
        assert text[claim["start_offset"] : claim["end_offset"]] == claim["quote"]
    astray = query(
        "select scored.piece_key from AI_MEMORY.DOCUMENT_PIECE_SENTIMENTS as scored"
        " left join ANALYTICS.INT_DOCUMENTS__PIECES as pieces"
        " on pieces.piece_key = scored.piece_key and pieces.start_offset = scored.start_offset"
        " where pieces.piece_key is null"
    )
    assert astray == []
    waiting = {row["document_id"] for row in query("select document_id from AI_MEMORY.DOCUMENTS_TO_ENRICH")}
    read = [document for document in documents if document["document_type"] != "code"]
    assert {document["document_id"] for document in read} - waiting == _saying_the_same([*some, blank], read)


def test_what_was_refused_is_asked_for_again_by_another_job_or_once_it_says_something_else(
    company: KnownCompany, documents: list[dict[str, Any]]
) -> None:
    contents = {one["content_hash"]: one for one in documents if one["document_type"] != "code"}
    refused, edited, older = (contents[content_hash] for content_hash in sorted(contents)[-3:])
    now = datetime(2026, 11, 20, tzinfo=UTC)
    for document, version in (
        (refused, MODEL.version),
        ({**edited, "content_hash": "what it said before"}, MODEL.version),
        (older, "another-model@1"),
    ):
        one = Refused(
            document_id=document["document_id"], content_hash=document["content_hash"], reason="nothing_to_read"
        )
        made = refusals.table([one], kind="embed", model_version=version, job_id="j", now=now)
        _load(company, "REFUSALS", data.REFUSALS, made["refusals"])
    ids = {one["document_id"] for one in (refused, edited, older)}
    to_embed, to_enrich = (
        {row["document_id"] for row in company.warehouse.query(text)}
        for text in ("select * from AI_MEMORY.DOCUMENTS_TO_EMBED", "select * from AI_MEMORY.DOCUMENTS_TO_ENRICH")
    )
    assert not to_embed & _saying_the_same([refused], documents)
    assert to_embed >= {edited["document_id"], older["document_id"]}
    assert to_enrich >= ids


def _saying_the_same(some: list[dict[str, Any]], documents: list[dict[str, Any]]) -> set[str]:
    hashes = {one["content_hash"] for one in some}
    return {one["document_id"] for one in documents if one["content_hash"] in hashes}


def _understood(rows: list[dict[str, Any]]) -> Results:
    work = Enrich(enricher(RULES), open_rules(Vocabulary(), CACHE))
    return work.finish(work.prepare(rows), "j", datetime(2026, 11, 20, tzinfo=UTC))


def _load(company: KnownCompany, table: str, schema: Any, body: bytes) -> None:
    """As the pipe does: by name, JSON as a variant."""
    for row in data.decode(body, schema):
        values = ", ".join("parse_json(%s)" if name == "enrichment" else "%s" for name in row)
        company.warehouse.connection.cursor().execute(
            f"insert into SOPHIA.AI_MEMORY.{table} ({', '.join(row)}) select {values}",
            tuple(row.values()),
        )


def _vector(beginning: tuple[float, float]) -> list[float]:
    return [*beginning, *([0.0] * (MODEL.dimension - 2))]


def _tell(company: KnownCompany, document: dict[str, Any], beginning: tuple[float, float]) -> None:
    chunk = {**document, "chunk_id": document["document_id"], "chunk_text": "said", "ordinal": 0}
    keep(company.warehouse, chunk, _vector(beginning))
