"""Where objects lie in the lake. Every key is made here, so a layout has one place to change."""

import hashlib
from collections.abc import Iterable
from datetime import date

EVENTS = "events"
CLAIMS = "claims"
INDEXES = "indexes"
GPU = "gpu"


def events_object(source: str, stream: str, day: date, event_ids: Iterable[str]) -> str:
    """The key of one object of envelopes: events/<source>/<stream>/<yyyy-mm-dd>/<hash>.ndjson.gz.

    The name is a hash of the ids in it, whatever their order: writing the same envelopes again replaces the object.
    """
    name = hashlib.sha256("\n".join(sorted(event_ids)).encode()).hexdigest()[:32]
    return f"{EVENTS}/{source}/{stream}/{day.isoformat()}/{name}.ndjson.gz"


def claim(source: str, day: date, name: str) -> str:
    """The key of a delivery too large for the queue, which travels as a claim check."""
    return f"{CLAIMS}/{source}/{day.isoformat()}/{name}.ndjson.gz"


def events_of(source: str, stream: str) -> str:
    """What the keys of a stream's objects begin with; a day (yyyy-mm-dd) follows."""
    return f"{EVENTS}/{source}/{stream}/"


def day_of(key: str) -> str:
    """The day in the key of an object of envelopes."""
    return key.split("/")[3]


def index(source: str, connection_id: str) -> str:
    """The key of the index of what we have of a connection: indexes/<source>/<connection>.sqlite3.gz."""
    return f"{INDEXES}/{source}/{connection_id}.sqlite3.gz"


def gpu_shard(shard_id: str) -> str:
    """The key of the documents of a shard: gpu/shards/<shard>.parquet."""
    return f"{GPU}/shards/{shard_id}.parquet"


def gpu_orders(day: date) -> str:
    """What the keys of a day's orders begin with; <job>.json follows."""
    return f"{GPU}/orders/{day.isoformat()}/"


def gpu_manifest(job_id: str) -> str:
    """The key of a job's manifest; its heartbeat lies beside it."""
    return f"{GPU}/jobs/{job_id}/manifest.json"


def gpu_heartbeat(job_id: str) -> str:
    return f"{GPU}/jobs/{job_id}/heartbeat.json"


def gpu_result(table: str, model_slug: str, shard_id: str) -> str:
    """The key of a shard's rows for one table, which is chunks, embeddings, enrichments or refusals."""
    return f"{GPU}/results/{table}/{model_slug}/{shard_id}.parquet"


def gpu_result_again(table: str, model_slug: str, shard_id: str, job_id: str) -> str:
    """The key of the same rows where a job finds that they were made and not loaded. Snowpipe takes no object of a name
    that it has loaded; docs.snowflake.com, "Snowpipe", "Load history"."""
    return f"{GPU}/results/{table}/{model_slug}/{shard_id}-{job_id}.parquet"


def gpu_done(model_slug: str, shard_id: str) -> str:
    """The key of a finished shard's marker, by which collect is told."""
    return f"{GPU}/done/{model_slug}/{shard_id}.json"


def gpu_worker() -> str:
    """The key of what a machine loads before it can work; see events.gpu_job.Software."""
    return f"{GPU}/worker/software.json"
