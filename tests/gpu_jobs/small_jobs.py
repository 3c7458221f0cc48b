"""Jobs of a few documents, and an engine that makes vectors of hashes: quick, the same every time, without meaning."""

import dataclasses
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np

from events import keys
from events.gpu_job import Done, Heartbeat, Manifest, Shard, shard_id
from gpu_jobs import data
from gpu_jobs.engines.weights import packaged
from gpu_jobs.jobs.embed import ChunksOf, Embed
from gpu_jobs.lake import Lake
from gpu_jobs.models import LOCAL, MODELS

MODEL = dataclasses.replace(MODELS[LOCAL], dimension=8)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class HashEncoder:
    """poison is a word that it raises at; unless it is well, it raises at all."""

    name = "hashes/1"

    def __init__(self, poison: str = "\x00", is_well: bool = True) -> None:
        self.poison, self.is_well = poison, is_well
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        if not self.is_well or any(self.poison in text for text in texts):
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        self.texts += texts
        vectors = np.array([list(hashlib.sha256(text.encode()).digest()[:8]) for text in texts], np.float32)
        return vectors.reshape(-1, 8) / np.linalg.norm(vectors.reshape(-1, 8), axis=1, keepdims=True)


def embed(encoder: HashEncoder) -> Embed:
    return Embed(MODEL, encoder, ChunksOf(MODEL, packaged().tokenizer_file))


def put_job(lake: Lake, shards: Sequence[Sequence[dict]], model_version: str = MODEL.version) -> Manifest:
    """A job of these documents in the lake."""
    told = []
    for documents in shards:
        name = shard_id(MODEL.version, (document["content_hash"] for document in documents))
        lake.put(keys.gpu_shard(name), data.encode(data.DOCUMENTS, documents))
        size = sum(len(document["text"] or "") for document in documents)
        told.append(Shard(shard_id=name, key=keys.gpu_shard(name), documents=len(documents), characters=size))
    manifest = Manifest(
        job_id="job-1",
        kind="embed",
        model_id=MODEL.model_id,
        model_version=model_version,
        shards=tuple(told),
        created_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        max_usd=1.0,
    )
    lake.put(keys.gpu_manifest(manifest.job_id), msgspec.json.encode(manifest))
    return manifest


def rows(lake: Lake, table: str, shard: Shard) -> list[dict]:
    schema = data.CHUNKS if table == "chunks" else data.embeddings(MODEL.dimension)
    return data.decode(lake.get(keys.gpu_result(table, MODEL.slug, shard.shard_id)), schema)


def done(lake: Lake, shard: Shard) -> Done | None:
    body = lake.get(keys.gpu_done(MODEL.slug, shard.shard_id))
    return msgspec.json.decode(body, type=Done) if body else None


def heartbeat(lake: Lake, job_id: str = "job-1") -> Heartbeat:
    return msgspec.json.decode(lake.get(keys.gpu_heartbeat(job_id)), type=Heartbeat)
