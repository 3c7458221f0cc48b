"""The Parquet objects a job reads and writes: their columns, one row each of what, and how they are read and written.

Column names are those of the AI_MEMORY tables that COPY loads them into, in lower case.
"""

import io
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 10_000
_INSTANT = pa.timestamp("us")

DOCUMENTS = pa.schema(
    [
        ("document_id", pa.string()),
        ("document_type", pa.string()),  # call, thread, note, ticket, issue, page, file, code
        ("content_hash", pa.string()),
        ("title", pa.string()),
        ("text", pa.string()),
        # JSON: of a call its turns, of a thread its messages, [{"speaker", "start_ms", "end_ms", "start", "end"}] with
        # start and end as offsets into text in characters. NULL where there is none. Of code the title is the path.
        ("structure", pa.string()),
    ]
)
"""One row per text-bearing thing, as AI_MEMORY.DOCUMENTS has it."""

CHUNKS = pa.schema(
    [
        ("chunk_id", pa.string()),
        ("document_id", pa.string()),
        ("content_hash", pa.string()),
        ("chunker_version", pa.string()),
        ("ordinal", pa.int32()),
        ("start_offset", pa.int32()),
        ("end_offset", pa.int32()),
        ("chunk_text", pa.string()),
        ("context", pa.string()),  # put in front of chunk_text for the model alone: title, heading path, speaker
        ("speakers", pa.list_(pa.string())),
        ("start_ms", pa.int64()),
        ("end_ms", pa.int64()),
        ("tokens", pa.int32()),
    ]
)
"""One row per chunk. chunk_text is text[start_offset:end_offset] of the document, in characters, exactly."""


def embeddings(dimension: int) -> pa.Schema:
    """One row per chunk and model version."""
    return pa.schema(
        [
            ("chunk_id", pa.string()),
            ("document_id", pa.string()),
            ("content_hash", pa.string()),
            ("model_version", pa.string()),
            ("embedding", pa.list_(pa.float32(), dimension)),
            ("embedded_at", _INSTANT),
            ("job_id", pa.string()),
        ]
    )


ENRICHMENTS = pa.schema(
    [
        ("document_id", pa.string()),
        ("content_hash", pa.string()),
        ("method", pa.string()),  # llm, or rules+prototypes: weaker, and never shown as the other
        ("model_version", pa.string()),
        ("prompt_version", pa.string()),
        ("enrichment", pa.string()),  # JSON, as events.enrichment.Enrichment
        ("dropped_claims", pa.int32()),
        ("enriched_at", _INSTANT),
        ("job_id", pa.string()),
    ]
)
"""One row per document, model version and prompt version."""

REFUSALS = pa.schema(
    [
        ("document_id", pa.string()),
        ("content_hash", pa.string()),
        ("kind", pa.string()),  # embed or enrich
        ("model_version", pa.string()),
        ("reason", pa.string()),
        ("refused_at", _INSTANT),
        ("job_id", pa.string()),
    ]
)
"""One row per document, kind of job and model version that could make nothing of it."""


def encode(schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> bytes:
    """A Parquet object. Rows lack no column; one too many is an error of the caller."""
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        writer.write_table(pa.Table.from_pylist(list(rows), schema=schema), row_group_size=ROW_GROUP)
    return sink.getvalue()


def decode(body: bytes, schema: pa.Schema) -> list[dict[str, Any]]:
    """The rows. Raises pyarrow.ArrowInvalid for what is no Parquet, or lacks a column of the schema."""
    table = pq.read_table(io.BytesIO(body))
    return table.select(schema.names).cast(schema).to_pylist()
