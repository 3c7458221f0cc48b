"""A job of written texts in a lake, as dispatch would leave it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from events import keys
from events.gpu_job import Manifest, Shard, shard_id
from gpu_jobs import data
from gpu_jobs.lake import Lake
from gpu_jobs.models import EmbeddingModel


def put_job(lake: Lake, model: EmbeddingModel, kind: str, written: Sequence[str], in_a_shard: int) -> Manifest:
    """A document of the kind for each text. Equal texts count as different ones: nothing is embedded for free."""
    shards = []
    for start in range(0, len(written), in_a_shard):
        rows = [
            {
                "document_id": str(start + number),
                "document_type": kind,
                "content_hash": f"{start + number:064d}",
                "title": f"Number {start + number}",
                "text": text,
                "structure": None,
            }
            for number, text in enumerate(written[start : start + in_a_shard])
        ]
        name = shard_id(model.version, (str(row["content_hash"]) for row in rows))
        lake.put(keys.gpu_shard(name), data.encode(data.DOCUMENTS, rows))
        size = sum(len(text) for text in written[start : start + in_a_shard])
        shards.append(Shard(shard_id=name, key=keys.gpu_shard(name), documents=len(rows), characters=size))
    now = datetime.now(UTC)
    return Manifest(
        job_id="benchmark",
        kind="embed",
        model_id=model.model_id,
        model_version=model.version,
        shards=tuple(shards),
        created_at=now,
        ends_at=now + timedelta(hours=1),
        max_usd=0,
    )
