"""The fleet that the settings name: the scheduled functions `dispatch` and `reap`, each one round of the loop.

Where GPU_FLEET names no place there are no GPU jobs, and both say so. A place whose key is not there is left out,
loudly: the others work on, and its runs count with all that was held back for them.
"""

import functools
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from gpu_jobs.dispatch import Place, PlaceError, lambda_labs, modal

from ..errors import ConfigurationMissing
from ..ingest.aws_services import client
from ..ingest.breaker import Breaker
from ..ingest.lake import Lake
from ..ingest.land import land
from ..ingest.state_table import StateTable
from ..log import log
from ..settings import GpuSettings, Settings, gpu_settings, settings
from .budget import Budget
from .dispatch import Fleet
from .leases import Leases
from .orders import take
from .reap import reap
from .worker_access import WorkerAccess

Client = Callable[[str], Any]
"""Makes the boto3 client of a service by its name."""


def run_dispatch() -> dict[str, str]:
    """Take what the warehouse ordered: by job what became of it."""
    where = _fleet()
    if where is None:
        return {}
    taken: dict[str, str] = {job: told.outcome if told else "refused" for job, told in take(where).items()}
    log.measured("gpu_orders_taken", {"refused_gpu_orders": list(taken.values()).count("refused")}, taken=taken)
    return taken


def run_reap() -> bool:
    """One round of reaping; False where there are no GPU jobs."""
    where = _fleet()
    if where is not None:
        reap(where)
    return where is not None


def fleet(where: Settings, gpu: GpuSettings, client: Client, open_one: Callable[[str], Place]) -> Fleet:
    """On real services. Raises ConfigurationMissing where no place can be opened."""
    table, lake = StateTable(client("dynamodb"), where.state_table), Lake(client("s3"), where.lake_bucket)
    places: dict[str, Place] = {}
    for name in gpu.fleet:
        try:
            places[name] = open_one(name)
        except (ConfigurationMissing, PlaceError) as error:
            log.error("gpu_place_not_opened", place=name, reason=str(error))
    if not places:
        raise ConfigurationMissing(f"none of the places {', '.join(gpu.fleet)} can be opened: see gpu_place_not_opened")
    return Fleet(
        places=places,
        leases=Leases(table),
        budget=Budget(table, gpu.usd_per_day),
        lake=lake,
        breaker=lambda name: Breaker(table, f"gpu/{name}", _now),
        land=lambda envelopes: land(envelopes, lake),
        now=_now,
    )


def open_place(name: str, where: Settings, gpu: GpuSettings, client: Client) -> Place:
    """Raises ConfigurationMissing for a place nobody knows or a secret that is not there, PlaceError."""
    lake = f"s3://{where.lake_bucket}"
    if name == "modal":
        key = _secret(where, name, client, "token_id", "token_secret")
        return modal(key["token_id"], key["token_secret"], lake=lake, fleet=gpu.name, environment=gpu.modal_environment)
    if name == "lambda_labs":
        access = WorkerAccess(client("sts"), client("s3"), where.lake_bucket, gpu.worker_role_arn, _now)
        return lambda_labs(
            _secret(where, name, client, "api_key")["api_key"],
            lake=lake,
            fleet=gpu.name,
            ssh_key_name=gpu.lambda_labs_ssh_key_name,
            environment=access.environment,
            fetches=access.fetches,
        )
    raise ConfigurationMissing(f"GPU_FLEET names {name!r}: there are modal and lambda_labs")


def _fleet() -> Fleet | None:
    gpu = gpu_settings()
    if not gpu.fleet:
        log.info("gpu_jobs_are_off", setting="GPU_FLEET")
        return None
    return fleet(settings(), gpu, client, _opened)


@functools.cache
def _opened(name: str) -> Place:
    """Kept for the life of a sandbox; what could not be opened is tried again."""
    return open_place(name, settings(), gpu_settings(), client)


def _secret(where: Settings, place: str, client: Client, *fields: str) -> Mapping[str, str]:
    name = f"{where.secrets_prefix}-gpu/{place}"
    secrets = client("secretsmanager")
    try:
        told = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
    except secrets.exceptions.ResourceNotFoundException:
        told = None
    except ValueError:
        raise ConfigurationMissing(f"secret {name!r} is no JSON text: write it as a JSON object") from None
    if not isinstance(told, dict) or not all(told.get(field) for field in fields):
        raise ConfigurationMissing(f"secret {name!r} is not there, or lacks one of {', '.join(fields)}: write it so")
    return told


def _now() -> datetime:
    return datetime.now(UTC)
