"""Chunks and their vectors in a warehouse, as a worker's results are loaded."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gpu_jobs.models import LOCAL, model
from tests.dbt_project.warehouse import Warehouse

MODEL = model(LOCAL)
CHUNK = ("chunk_id", "document_id", "content_hash", "chunk_text", "ordinal")


def keep(warehouse: Warehouse, chunk: Mapping[str, Any], vector: Sequence[float]) -> None:
    """A chunk, of which CHUNK is kept, with its vector of MODEL."""
    execute = warehouse.connection.cursor().execute
    execute(
        f"insert into SOPHIA.AI_MEMORY.CHUNKS ({', '.join(CHUNK)}) values (%s, %s, %s, %s, %s)",  # noqa: S608
        tuple(chunk[name] for name in CHUNK),
    )
    execute(
        f"insert into SOPHIA.AI_MEMORY.EMBEDDINGS__{MODEL.slug}"
        " (chunk_id, document_id, content_hash, model_version, embedding, embedded_at)"
        f" select %s, %s, %s, %s, parse_json(%s)::array::vector(float, {MODEL.dimension}), %s",
        (*(chunk[name] for name in CHUNK[:3]), MODEL.version, json.dumps(list(vector)), datetime(2026, 11, 20)),
    )
