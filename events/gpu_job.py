"""What dispatch, the workers and collect tell each other: a job's manifest, and what a worker leaves of its work.

A job is a few shards of documents for one model. All of it travels by the lake (events.keys): a worker needs no queue,
no database and no account of ours. A result's name holds the hash of what it was made of, so work done twice
writes the same objects, and a shard whose done marker lies there is never paid for again.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

VERSION = 1
Kind = Literal["embed", "enrich"]


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """Documents that are worked on together: one Parquet object of rows as gpu_jobs.data.DOCUMENTS has them."""

    shard_id: str
    key: str
    documents: int
    characters: int


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """Names an enrichment is told: [competitor, alias, kind of alias] and [talking point, phrase], as the seeds
    `competitors` and `talking_points` have them."""

    competitors: tuple[tuple[str, str, str], ...] = ()
    talking_points: tuple[tuple[str, str], ...] = ()


class OrderedShard(msgspec.Struct, frozen=True, kw_only=True):
    """Documents that wait, in one Parquet object, each content once. characters counts their texts."""

    key: str
    content_hashes: tuple[str, ...]
    characters: int


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What waits in the warehouse, as it writes it into the lake (infra/snowflake/procedures/order_gpu_jobs.py).

    job_id is the job's that is made of it. model_slug names the entry of the registry that serves there. Nothing of it
    is ordered again before that job is told to have ended, or three days are over.
    """

    job_id: str
    kind: Kind
    model_slug: str
    ordered_at: datetime
    shards: tuple[OrderedShard, ...]
    vocabulary: Vocabulary | None = None


class Software(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine that comes with nothing loads: the worker's wheel, and each model's weights as a tar. Keys of the
    lake, each with the SHA-256 of its object."""

    wheel: tuple[str, str]
    weights: dict[str, tuple[str, str]] = {}


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One job. model_id names an entry of gpu_jobs.models, or of gpu_jobs.enrichers where kind is enrich; a worker that
    has another model_version of it refuses.

    ends_at is when its lease ends at the latest: past it the worker stops by itself. max_usd is what it may cost.
    """

    job_id: str
    kind: Kind
    model_id: str
    model_version: str
    shards: tuple[Shard, ...]
    created_at: datetime
    ends_at: datetime
    max_usd: float
    vocabulary: Vocabulary | None = None
    manifest_version: int = VERSION


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A document a worker could make nothing of. reason is a code; the text is never repeated. It is remembered in
    AI_MEMORY.REFUSALS, and not asked for again until it says something else."""

    document_id: str
    content_hash: str
    reason: str


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The marker of a finished shard: what it made, and what that took. Written last, after the results."""

    job_id: str
    shard_id: str
    engine: str
    documents: int
    chunks: int
    tokens: int
    dropped_claims: int
    seconds: float
    refused: tuple[Refused, ...] = ()


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """Written over and over while a worker lives. verdict is `working`, `bad_host` (it cannot work here: start again
    elsewhere), `failed` with its reason, or `finished`."""

    job_id: str
    worker: str
    at: datetime
    shards_done: int
    verdict: Literal["working", "bad_host", "failed", "finished"] = "working"
    reason: str = ""


def shard_id(model_version: str, content_hashes: Iterable[str], vocabulary: Vocabulary | None = None) -> str:
    """The same documents for the same model and names are the same shard, whichever job asks and in whatever order."""
    asked = model_version
    if vocabulary:
        asked += hashlib.sha256(msgspec.json.encode(vocabulary)).hexdigest()
    return hashlib.sha256("\n".join([asked, *sorted(content_hashes)]).encode()).hexdigest()[:32]
