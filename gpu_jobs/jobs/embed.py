"""Embed: documents become chunks, and chunks vectors of the manifest's model.

A document that cannot be read, or whose chunks no engine takes, is refused and costs nobody else: `nothing_to_read`,
`structure_…`, `chunking_failed_<error>`, `engine_failed`, `vector_not_finite`; its row says so, and nobody asks again.
Documents of one content are embedded once, under the first one's id: what reads the results joins by content_hash.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from events.gpu_job import Manifest, Refused

from .. import data, refusals, vectors
from ..chunking.documents import chunks, model_text
from ..chunking.speech import StructureUnfit
from ..contents import distinct, made_of_each
from ..engines.encoder import Encoder, open_encoder
from ..engines.weights import checkpoint, uncut_tokenizer
from ..job import Document, Options, Results, registered
from ..models import EmbeddingModel, model

Chunk = dict[str, Any]
Chunked = list[Chunk] | Refused
_PORTION = 64


@dataclass(frozen=True)
class Embed:
    """pool, where there is one, cuts documents in other processes: beside a GPU one core is too slow for it.

    make_chunks is what runs there.
    """

    model: EmbeddingModel
    encoder: Encoder
    make_chunks: Callable[[Document], list[Chunk]]
    pool: Executor | None = None

    @property
    def engine(self) -> str:
        return self.encoder.name

    @property
    def model_slug(self) -> str:
        return self.model.slug

    def prepare(self, documents: Sequence[Document]) -> list[Chunked]:
        """The chunks of each document, or why there are none."""
        portions = _portions(distinct(documents))
        cut = partial(_cut, self.make_chunks)
        return [one for portion in (self.pool.map if self.pool else map)(cut, portions) for one in portion]

    def finish(self, prepared: list[Chunked], job_id: str, now: datetime) -> Results:
        refused = [one for one in prepared if isinstance(one, Refused)]
        documents = [one for one in prepared if not isinstance(one, Refused)]
        by_document = made_of_each(self._vectors, documents, lambda: self.encoder.encode(["a"]))
        kept: list[Chunk] = []
        found: list[np.ndarray] = []
        for document, of_document in zip(documents, by_document, strict=True):
            if of_document is None:
                refused.append(_refused(document[0], "engine_failed"))
            elif not np.isfinite(of_document).all():
                refused.append(_refused(document[0], "vector_not_finite"))
            else:
                kept += document
                found.append(of_document)
        embedded = np.concatenate(found) if found else np.empty((0, self.model.dimension), np.float32)
        return Results(
            tables={
                "chunks": data.encode(data.CHUNKS, kept),
                "embeddings": vectors.encoded(self.model, kept, embedded, job_id, now),
                **refusals.table(refused, kind="embed", model_version=self.model.version, job_id=job_id, now=now),
            },
            chunks=len(kept),
            tokens=sum(chunk["tokens"] for chunk in kept),
            dropped_claims=0,
            refused=tuple(refused),
        )

    def _vectors(self, documents: Sequence[list[Chunk]]) -> list[np.ndarray]:
        """float32 [chunks, dimension] for each document. Raises what the engine raises."""
        found = self.encoder.encode([model_text(chunk, self.model) for document in documents for chunk in document])
        ends = np.cumsum([len(document) for document in documents])
        return list(np.split(found, ends[:-1])) if documents else []


def start(manifest: Manifest, options: Options) -> Embed:
    """Raises JobRefused for a model or a version of it that this worker has not, encoder.BadHost, WeightsRefused."""
    entry = registered(manifest, model)
    weights = checkpoint(entry, options.weights)
    make_chunks = ChunksOf(entry, weights.tokenizer_file)
    return Embed(entry, open_encoder(entry, options.engine, options.weights, options.cache), make_chunks, options.pool)


@dataclass(frozen=True)
class ChunksOf:
    """`chunks` for one model. It travels to other processes, which read the tokenizer once each."""

    model: EmbeddingModel
    tokenizer_file: Path

    def __call__(self, document: Document) -> list[Chunk]:
        return chunks(document, _tokenizer(self.tokenizer_file), self.model)


@cache
def _tokenizer(file: Path) -> Tokenizer:
    return uncut_tokenizer(file)


def _portions(documents: list[Document]) -> Iterable[list[Document]]:
    return (documents[start : start + _PORTION] for start in range(0, len(documents), _PORTION))


def _cut(make_chunks: Callable[[Document], list[Chunk]], documents: list[Document]) -> list[Chunked]:
    return [_chunked(make_chunks, document) for document in documents]


def _chunked(make_chunks: Callable[[Document], list[Chunk]], document: Document) -> Chunked:
    try:
        return make_chunks(document) or _refused(document, "nothing_to_read")
    except StructureUnfit as error:
        return _refused(document, str(error))
    except Exception as error:
        # Whatever a text provokes is that document's affair.
        return _refused(document, f"chunking_failed_{type(error).__name__}")


def _refused(row: Document | Chunk, reason: str) -> Refused:
    return Refused(document_id=row["document_id"], content_hash=row["content_hash"], reason=reason)
