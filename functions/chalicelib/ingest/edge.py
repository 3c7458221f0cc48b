"""API Gateway's requests as deliveries, and the receiver on real services."""

import base64
import binascii
import functools
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ..settings import aws_access, settings
from ..sources import load
from .aws_client import SECRETS_MANAGER, SQS, AwsClient
from .queue import Queue
from .receive import Receiver, Reply, refused
from .secrets import SigningSecrets
from .source import Delivery

if TYPE_CHECKING:
    from .lake import Lake

DEFAULT_CONNECTION = "default"
"""The connection of a delivery whose path names none."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_TRACE = re.compile(r"(?:^|;)Root=([\w-]{1,64})")


@functools.cache
def receiver() -> Receiver:
    """Made on the first delivery: importing must read no environment."""
    where, access = settings(), aws_access()
    return Receiver(
        find=load,
        secrets=SigningSecrets(AwsClient(SECRETS_MANAGER, access), where.secrets_prefix),
        store=Queue(AwsClient(SQS, access), where.ingest_queue_url, where.max_message_bytes, _lake),
        max_body_bytes=where.max_body_bytes,
    )


def reply(event: Mapping[str, Any], received_at: datetime) -> Reply:
    """What to answer to a request of API Gateway's REST proxy."""
    delivery = delivery_of(event, settings().public_base_url, received_at)
    trace_id = trace_id_of(event)
    return receiver().receive(delivery, trace_id) if delivery else refused(404, "unknown_source", trace_id)


def delivery_of(event: Mapping[str, Any], public_base_url: str, received_at: datetime) -> Delivery | None:
    """The delivery in a request of API Gateway's REST proxy, None where its path cannot name a connection.

    The url is the public one, which HubSpot and Gong sign. API Gateway decodes the query it passes on, so one that
    needs escapes may come out spelled otherwise than the vendor spelled it: give webhooks addresses without a query.
    """
    parameters = event["pathParameters"] or {}
    source, connection_id = parameters["source"], parameters.get("connection")
    if not _NAME.fullmatch(source) or not _NAME.fullmatch(connection_id or DEFAULT_CONNECTION):
        return None
    path = "/".join(part for part in ("hooks", source, connection_id) if part)
    query = event.get("multiValueQueryStringParameters")
    return Delivery(
        source=source,
        connection_id=connection_id or DEFAULT_CONNECTION,
        method=event["httpMethod"],
        url=f"{public_base_url}/{path}" + (f"?{urlencode(query, doseq=True)}" if query else ""),
        headers={name.lower(): value for name, value in (event["headers"] or {}).items()},
        body=_body(event),
        received_at=received_at,
    )


def trace_id_of(event: Mapping[str, Any]) -> str:
    """The id that follows a delivery to the warehouse: API Gateway's trace, else its request id."""
    for name, value in (event["headers"] or {}).items():
        if name.lower() == "x-amzn-trace-id" and (found := _TRACE.search(value)):
            return found[1]
    return str(event["requestContext"].get("requestId", ""))


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return body.encode("utf-8", "surrogatepass")


def _lake() -> "Lake":
    from .lake import open_lake  # noqa: PLC0415  boto3: only a delivery too large for the queue pays for it

    return open_lake(settings().lake_bucket)
