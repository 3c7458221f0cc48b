"""One shard of a job, from its documents to its done marker. What is made of documents is gpu_jobs.jobs' affair.

Results first, marker last: a marker means that everything lies there. A worker that dies in between leaves objects that
the next one replaces with the same, because their keys come from what they were made of.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from events import keys
from events.gpu_job import Done, Manifest, Refused, Shard

from . import data
from .engines.encoder import Engine
from .lake import Lake

Document = Mapping[str, Any]
"""A row of data.DOCUMENTS."""


class JobRefused(RuntimeError):
    """The manifest asks for what this worker does not make. Its message is a code."""


class Entry(Protocol):
    """What a registry says of a model: which version of it this worker has."""

    @property
    def version(self) -> str: ...


Found = TypeVar("Found", bound=Entry)


def registered(manifest: Manifest, find: Callable[[str], Found]) -> Found:
    """The entry of the manifest's model. Raises JobRefused for one that find has not, or has in another version."""
    try:
        entry = find(manifest.model_id)
    except KeyError:
        raise JobRefused("unknown_model") from None
    if entry.version != manifest.model_version:
        raise JobRefused("other_model_version")
    return entry


class ShardLost(RuntimeError):
    """A shard of the manifest does not lie in the lake, or is none."""


@dataclass(frozen=True)
class Results:
    """What a shard came to: tables by the name that keys.gpu_result gives them, and the numbers of its marker."""

    tables: Mapping[str, bytes]
    chunks: int
    tokens: int
    dropped_claims: int
    refused: tuple[Refused, ...]


@dataclass(frozen=True)
class Options:
    """What a worker is told beside its manifest. weights is the folder of the model's weights, None for packaged ones;
    graphs are kept in cache; pool, where there is one, is of processes that prepare documents beside the device."""

    engine: Engine
    weights: Path | None
    cache: Path
    pool: Executor | None = None


class Work(Protocol):
    """What a kind of job does with documents. gpu_jobs.jobs.<kind> has `start(manifest, options) -> Work`."""

    @property
    def engine(self) -> str: ...

    @property
    def model_slug(self) -> str: ...

    def prepare(self, documents: Sequence[Document]) -> Any:
        """What needs no device. Called in another thread, a shard ahead."""
        ...

    def finish(self, prepared: Any, job_id: str, now: datetime) -> Results:
        """What needs the device. Raises where that fails for every document alike."""
        ...


@dataclass(frozen=True)
class Prepared:
    """A shard that is ready for the device; work is None where the shard is done already."""

    shard: Shard
    documents: int
    work: Any | None


def prepare(shard: Shard, work: Work, lake: Lake) -> Prepared:
    """Raises ShardLost and LakeUnavailable."""
    if lake.get(keys.gpu_done(work.model_slug, shard.shard_id)) is not None:
        return Prepared(shard, 0, None)
    body = lake.get(shard.key)
    if body is None:
        raise ShardLost(f"shard {shard.shard_id!r} lies nowhere: no object {shard.key!r}; dispatch the job again")
    try:
        documents = data.decode(body, data.DOCUMENTS)
    except (ValueError, KeyError) as error:  # Arrow's errors are both
        raise ShardLost(
            f"shard {shard.shard_id!r} is no table of documents ({error}); dispatch the job again"
        ) from error
    return Prepared(shard, len(documents), work.prepare(documents))


def finish(
    manifest: Manifest, prepared: Prepared, work: Work, lake: Lake, now: datetime, clock: Callable[[], float]
) -> Done | None:
    """Compute and write; None where another worker's marker lay there first. clock counts seconds.

    Raises LakeUnavailable, and what work.finish raises; then there is no marker.
    """
    shard = prepared.shard
    if prepared.work is None:
        return None
    begun = clock()
    results = work.finish(prepared.work, manifest.job_id, now)
    for table, body in results.tables.items():
        lake.put(keys.gpu_result(table, work.model_slug, shard.shard_id), body)
    done = Done(
        job_id=manifest.job_id,
        shard_id=shard.shard_id,
        engine=work.engine,
        documents=prepared.documents,
        chunks=results.chunks,
        tokens=results.tokens,
        dropped_claims=results.dropped_claims,
        seconds=round(clock() - begun, 3),
        refused=results.refused,
    )
    marker = keys.gpu_done(work.model_slug, shard.shard_id)
    return done if lake.put_if_absent(marker, msgspec.json.encode(done)) else None
