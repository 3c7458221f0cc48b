"""Rows of CHUNKS from a row of DOCUMENTS, each kind of document by its own rule.

Promises, all tested: a chunk is text[start_offset:end_offset] exactly; every character that is not blank is in a
chunk, and in one only; no chunk with its context and special tokens is over the model's limit; the same document
gives the same chunks with the same ids.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from tokenizers import Tokenizer

from ..models import EmbeddingModel
from . import code, crm, sections, threads, turns
from .packing import Span
from .tokens import Budget, Measured

VERSION = "1"
"""Moves when chunks of the same document come out differently."""


def chunker_version(model: EmbeddingModel) -> str:
    """Ours and the model's: where another limit or tokenizer cuts, ordinals mean other texts."""
    return f"{VERSION}/{model.slug}"


def chunks(document: Mapping[str, Any], tokenizer: Tokenizer, model: EmbeddingModel) -> list[dict[str, Any]]:
    """The chunks in the order of the text; none for a blank text. `tokens` is all that the model reads of a chunk:
    prefix, context and special tokens included. The tokenizer neither truncates nor pads.

    Raises speech.StructureUnfit where structure does not describe the text.
    """
    text = document["text"] or ""
    if not text.strip():
        return []
    measured, version = Measured(text, Budget(tokenizer, model)), chunker_version(model)
    found = []
    for ordinal, span in enumerate(_spans(document, measured)):
        found.append(
            {
                "chunk_id": chunk_id(document["content_hash"], version, ordinal),
                "document_id": document["document_id"],
                "content_hash": document["content_hash"],
                "chunker_version": version,
                "ordinal": ordinal,
                "start_offset": span.start,
                "end_offset": span.end,
                "chunk_text": text[span.start : span.end],
                "context": span.context,
                "speakers": list(span.speakers),
                "start_ms": span.start_ms,
                "end_ms": span.end_ms,
                "tokens": measured.budget.used(span.context) + measured.tokens(span.start, span.end),
            }
        )
    return found


def chunk_id(content_hash: str, version: str, ordinal: int) -> str:
    return hashlib.sha256(f"{content_hash}\n{version}\n{ordinal}".encode()).hexdigest()[:32]


def model_text(chunk: Mapping[str, Any], model: EmbeddingModel) -> str:
    """What the model is given of a chunk."""
    context = f"{chunk['context']}\n" if chunk["context"] else ""
    return f"{model.document_prefix}{context}{chunk['chunk_text']}"


def _spans(document: Mapping[str, Any], measured: Measured) -> Iterator[Span]:
    title, structure = document["title"] or "", document["structure"]
    match document["document_type"]:
        case "call":
            return turns.spans(measured, title, structure)
        case "thread":
            return threads.spans(measured, title, structure)
        case "note" | "ticket":
            return crm.spans(measured, title)
        case "code":
            return code.spans(measured, title)
        case _:
            return sections.spans(measured, title)
