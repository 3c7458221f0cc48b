"""The only reader of the environment: a frozen object, made on first use."""

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import ConfigurationMissing


@dataclass(frozen=True)
class Settings:
    """Where things are and how large they may be. Secrets are names under secrets_prefix until the moment of use."""

    public_base_url: str
    """What vendors call, without a trailing slash: part of what HubSpot and Gong sign. Behind API Gateway it cannot be
    told from the request, so it is configured."""
    ingest_queue_url: str
    pulls_queue_url: str
    background_queue_url: str
    lake_bucket: str
    state_table: str
    secrets_prefix: str
    max_body_bytes: int
    """A larger body is answered 413. Lambda takes 6 MB per synchronous call, base64 and headers included."""
    max_message_bytes: int
    """A larger delivery travels as a claim check. SQS takes 1 MiB."""
    drops_queue_url: str = ""
    """Where the file lane orders its own next run; no other function sends there."""


def _required(name: str) -> str:
    if value := os.environ.get(name):
        return value
    raise ConfigurationMissing(f"environment variable {name} is not set: the template sets it, see infra/aws")


@functools.cache
def settings() -> Settings:
    return Settings(
        public_base_url=_required("PUBLIC_BASE_URL").rstrip("/"),
        ingest_queue_url=_required("INGEST_QUEUE_URL"),
        pulls_queue_url=_required("PULLS_QUEUE_URL"),
        background_queue_url=_required("BACKGROUND_QUEUE_URL"),
        lake_bucket=_required("LAKE_BUCKET"),
        state_table=_required("STATE_TABLE"),
        secrets_prefix=os.environ.get("SECRETS_PREFIX", "sophia"),
        max_body_bytes=int(os.environ.get("MAX_BODY_BYTES", 4_000_000)),
        max_message_bytes=int(os.environ.get("MAX_MESSAGE_BYTES", 900_000)),
        drops_queue_url=os.environ.get("DROPS_QUEUE_URL", ""),
    )


@dataclass(frozen=True)
class GpuSettings:
    """Where GPU jobs may run and what they may cost. Each place's key is in the secret <secrets_prefix>-gpu/<place>:
    apart from the connections' secrets, which more functions may read."""

    fleet: tuple[str, ...]
    """The places, `modal` or `lambda_labs`; none means that there are no GPU jobs. What each costs is weighed anew for
    every job, so their order says nothing."""
    usd_per_day: float
    name: str
    """What our runs are called wherever they run. Two fleets of one name in one account end each other's as strays."""
    modal_environment: str | None
    lambda_labs_ssh_key_name: str
    """The account's; the API starts no machine without one."""
    worker_role_arn: str
    """Whose session a machine of Lambda Labs works under."""


@functools.cache
def gpu_settings() -> GpuSettings:
    """Raises ConfigurationMissing for a place without what it needs."""
    places = tuple(name.strip() for name in os.environ.get("GPU_FLEET", "").split(",") if name.strip())
    rented = {name: os.environ.get(name, "") for name in ("LAMBDA_LABS_SSH_KEY_NAME", "GPU_WORKER_ROLE_ARN")}
    if "lambda_labs" in places and not all(rented.values()):
        raise ConfigurationMissing(f"GPU_FLEET names lambda_labs, so {' and '.join(rented)} must be set")
    return GpuSettings(
        fleet=places,
        usd_per_day=float(os.environ.get("GPU_USD_PER_DAY") or 0),
        name=os.environ.get("GPU_FLEET_NAME") or "sophia",
        modal_environment=os.environ.get("MODAL_ENVIRONMENT") or None,
        lambda_labs_ssh_key_name=rented["LAMBDA_LABS_SSH_KEY_NAME"],
        worker_role_arn=rented["GPU_WORKER_ROLE_ARN"],
    )


@dataclass(frozen=True)
class AwsAccess:
    """How the receiver's lean AWS client signs and where it calls; boto3 finds the same by itself.

    Lambda puts these into the environment and keeps them for the life of a sandbox. SnapStart does not: with it
    credentials come from an endpoint, which this does not read.
    """

    region: str
    access_key_id: str
    secret_access_key: str
    session_token: str | None
    endpoints: Mapping[str, str]
    """Endpoint by service (`sqs`, `secretsmanager`) where it is not AWS's own."""


@functools.cache
def aws_access() -> AwsAccess:
    everywhere = os.environ.get("AWS_ENDPOINT_URL")
    chosen = {
        "sqs": os.environ.get("AWS_ENDPOINT_URL_SQS") or everywhere,
        "secretsmanager": os.environ.get("AWS_ENDPOINT_URL_SECRETS_MANAGER") or everywhere,
    }
    return AwsAccess(
        region=os.environ.get("AWS_REGION") or _required("AWS_DEFAULT_REGION"),
        access_key_id=_required("AWS_ACCESS_KEY_ID"),
        secret_access_key=_required("AWS_SECRET_ACCESS_KEY"),
        session_token=os.environ.get("AWS_SESSION_TOKEN"),
        endpoints={service: url for service, url in chosen.items() if url},
    )
