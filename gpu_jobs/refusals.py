"""The Parquet object of what a shard could make nothing of: by it nobody asks for the same again."""

from collections.abc import Iterable
from datetime import datetime

from events.gpu_job import Kind, Refused

from . import data


def table(
    refused: Iterable[Refused], *, kind: Kind, model_version: str, job_id: str, now: datetime
) -> dict[str, bytes]:
    """Rows as data.REFUSALS has them, under the name of their table; nothing where none was refused."""
    same = {"kind": kind, "model_version": model_version, "refused_at": now.replace(tzinfo=None), "job_id": job_id}
    rows = [
        {"document_id": one.document_id, "content_hash": one.content_hash, "reason": one.reason, **same}
        for one in refused
    ]
    return {"refusals": data.encode(data.REFUSALS, rows)} if rows else {}
