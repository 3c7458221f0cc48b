"""Enrich: what each document says is understood, by the manifest's enricher, and every claim of it checked.

A document that cannot be read, or of which no sound answer comes, is refused and costs nobody else: `nothing_to_read`,
`too_long`, `structure_…`, `answer_…`, `engine_failed`; its row says so, and nobody asks again. Documents of one content
are understood once, under the first one's id: what reads the results joins by content_hash.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from events.enrichment import Enrichment
from events.gpu_job import Manifest, Refused, Vocabulary

from .. import data, refusals
from ..contents import distinct, made_of_each
from ..enrichers import Enricher, enricher
from ..job import Document, Options, Results, registered
from ..understanding.evidence import kept, mean_sentiment
from ..understanding.reading import Reading, read
from ..understanding.understander import HARMLESS, Answer, Understander


@dataclass(frozen=True)
class Enrich:
    enricher: Enricher
    understander: Understander

    @property
    def engine(self) -> str:
        return self.understander.name

    @property
    def model_slug(self) -> str:
        return self.enricher.slug

    def prepare(self, documents: Sequence[Document]) -> list[Reading | Refused]:
        """Each content once, or why it cannot be read."""
        return [read(document, self.enricher.max_characters) for document in distinct(documents)]

    def finish(self, prepared: list[Reading | Refused], job_id: str, now: datetime) -> Results:
        refused = [one for one in prepared if isinstance(one, Refused)]
        readings = [one for one in prepared if not isinstance(one, Refused)]
        rows, dropped, tokens = [], 0, 0
        for reading, answered in zip(readings, self._answers(readings), strict=True):
            answer = answered or Answer(None, 0, "engine_failed")
            tokens += answer.tokens
            if answer.understanding is None:
                refused.append(
                    Refused(document_id=reading.document_id, content_hash=reading.content_hash, reason=answer.reason)
                )
                continue
            enrichment = self._enrichment(reading, answer)
            row = self._row(enrichment, job_id, now)
            dropped += row["dropped_claims"]
            rows.append(row)
        return Results(
            tables={
                "enrichments": data.encode(data.ENRICHMENTS, rows),
                **refusals.table(refused, kind="enrich", model_version=self.enricher.version, job_id=job_id, now=now),
            },
            chunks=0,
            tokens=tokens,
            dropped_claims=dropped,
            refused=tuple(refused),
        )

    def _answers(self, readings: list[Reading]) -> list[Answer | None]:
        understand = self.understander.understand
        return made_of_each(understand, readings, lambda: understand([HARMLESS])) if readings else []

    def _enrichment(self, reading: Reading, answer: Answer) -> Enrichment:
        assert answer.understanding is not None
        pieces, claims, dropped = kept(reading, answer.understanding)
        return Enrichment(
            document_id=reading.document_id,
            content_hash=reading.content_hash,
            method=self.enricher.method,
            model_version=self.enricher.version,
            prompt_version=self.understander.prompt_version,
            sentiment=mean_sentiment(reading, pieces),
            pieces=pieces,
            claims=claims,
            dropped=dropped,
        )

    def _row(self, enrichment: Enrichment, job_id: str, now: datetime) -> dict[str, Any]:
        same = ("document_id", "content_hash", "method", "model_version", "prompt_version")
        return {
            **{name: getattr(enrichment, name) for name in same},
            "enrichment": enrichment.model_dump_json(),
            "dropped_claims": sum(enrichment.dropped.values()),
            "enriched_at": now.replace(tzinfo=None),
            "job_id": job_id,
        }


def start(manifest: Manifest, options: Options) -> Enrich:
    """Raises JobRefused for an enricher or a version of it that this worker has not, BadHost and WeightsRefused."""
    entry = registered(manifest, enricher)
    return Enrich(entry, _understander(entry, manifest.vocabulary or Vocabulary(), options))


def _understander(entry: Enricher, vocabulary: Vocabulary, options: Options) -> Understander:
    if entry.method == "llm":
        from ..understanding.vllm_engine import open_vllm  # noqa: PLC0415  vllm is of the GPU images alone

        return open_vllm(entry, vocabulary, options.weights)
    from ..understanding.rules import open_rules  # noqa: PLC0415  onnxruntime is not of the GPU images

    return open_rules(vocabulary, options.cache)
