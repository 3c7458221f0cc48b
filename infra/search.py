"""Search by meaning over everything the company wrote and said: the question's vector against those of AI_MEMORY."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gpu_jobs.models import EmbeddingModel

from .warehouse import query

SHOWN = (
    "document_type, source, source_record_id, account_id, title, chunk_text, speakers, start_ms, occurred_at, "
    "document_id, chunk_id"
)
OPEN = ("customer", "internal")
"""Sensitivities searched unless private ones are asked for by name."""


@dataclass(frozen=True)
class Filters:
    """None and empty mean no limit, but for sensitivities."""

    account_id: str | None = None
    source: str | None = None
    since: date | None = None
    sensitivities: tuple[str, ...] = OPEN


def search(
    port: int,
    question: str,
    encode: Callable[[Sequence[str]], Iterable[Any]],
    model: EmbeddingModel,
    filters: Filters = Filters(),
    limit: int = 10,
) -> list[dict[str, Any]]:
    """The nearest chunks, nearest first, each with its similarity (cosine, 1 is the same). encode is the model's, of
    texts to vectors of length 1. Raises snowflake.connector's errors where the tables are not there."""
    [vector] = encode([model.query_prefix + question])
    conditions, values = ["sensitivity in (%s)"], [list(filters.sensitivities)]
    for condition, value in (
        ("account_id = %s", filters.account_id),
        ("source = %s", filters.source),
        ("occurred_at >= %s", filters.since),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)  # type: ignore[arg-type]
    text = (
        f"select {SHOWN}, vector_cosine_similarity("  # noqa: S608  columns and conditions are ours, values are bound
        f"embedding, parse_json(%s)::array::vector(float, {model.dimension})) as similarity "
        f"from AI_MEMORY.SEARCHABLE_CHUNKS where {' and '.join(conditions)} "
        "order by similarity desc, chunk_id limit %s"
    )
    return query(port, text, [json.dumps([float(value) for value in vector]), *values, limit])
