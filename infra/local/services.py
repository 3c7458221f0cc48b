"""What the stack runs besides the cloud: the warehouse, the simulated vendors and the Snowpipe stand-in."""

import http.client
import sys
from collections.abc import Sequence
from pathlib import Path

from .cloud import CREDENTIALS
from .processes import LOOPBACK, Service

_NO_PROXY = {"NO_PROXY": "*", "no_proxy": "*"}


def warehouse(port: int, directory: Path, cloud_url: str) -> Service:
    return Service(
        name="warehouse",
        command=_module("infra.local.warehouse", "--port", str(port), "--directory", str(directory)),
        port=port,
        environment=_aws(cloud_url) | _NO_PROXY,
        without=("AWS_*",),
        is_healthy=lambda: _speaks_http(port),
        starts_within_s=60,
    )


def vendors(port: int, credentials: Path, receiver: str, options: Sequence[str]) -> Service:
    """credentials is the file into which the vendors write their connections; receiver gets GitHub's redeliveries."""
    always = ["--port", str(port), "--credentials", str(credentials), "--receiver", receiver]
    return Service(
        name="vendors",
        command=_module("infra.company.vendors", *always, *options),
        port=port,
        environment=_NO_PROXY,
        is_healthy=lambda: _speaks_http(port),
        starts_within_s=60,
    )


def snowpipe(queue_url: str, cloud_url: str, warehouse_port: int) -> Service:
    options = ["--queue-url", queue_url, "--endpoint", cloud_url, "--warehouse-port", str(warehouse_port)]
    return Service(
        name="snowpipe",
        command=_module("infra.local.snowpipe", *options),
        environment=_aws(cloud_url) | _NO_PROXY,
        without=("AWS_*",),
        is_healthy=lambda: True,  # it listens nowhere; that its process lives is all there is to ask
    )


def _module(name: str, *options: str) -> list[str]:
    return [sys.executable, "-m", name, *options]


def _aws(cloud_url: str) -> dict[str, str]:
    return CREDENTIALS | {"AWS_ENDPOINT_URL": cloud_url}


def _speaks_http(port: int) -> bool:
    """Any answer will do: what is at / is each server's own affair."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status > 0
    except http.client.HTTPException:
        return False
    finally:
        connection.close()
