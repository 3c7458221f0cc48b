"""The Chalice application as API Gateway calls it."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import app as application
from chalicelib.ingest import edge
from chalicelib.ingest.edge import delivery_of, trace_id_of
from chalicelib.settings import settings

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def request(path: str, body: str = "{}", **changes: Any) -> dict[str, Any]:
    parts = path.strip("/").split("/")
    names = ["source", "connection"][: len(parts) - 1]
    resource = "/".join(["/hooks", *[f"{{{name}}}" for name in names]])
    return {
        "resource": resource,
        "path": path,
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"},
        "multiValueQueryStringParameters": None,
        "pathParameters": dict(zip(names, parts[1:], strict=True)),
        "stageVariables": None,
        "requestContext": {"resourcePath": resource, "httpMethod": "POST", "requestId": "request-1"},
        "body": body,
        "isBase64Encoded": False,
    } | changes


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("INGEST_QUEUE_URL", "PULLS_QUEUE_URL", "BACKGROUND_QUEUE_URL", "LAKE_BUCKET", "STATE_TABLE"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://hooks.example/")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody listens there
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "x")
    caches = (settings, application.edge.aws_access, edge.receiver)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "x/y", "", None])
def test_no_content_type_is_a_reason_to_refuse(environment, content_type):
    headers = {"Content-Type": content_type} if content_type is not None else {}

    answer = application.app(request("/hooks/nobody", headers=headers), None)

    assert answer["statusCode"] == 404
    assert json.loads(answer["body"])["refused"] == "unknown_source"


@pytest.mark.parametrize("path", ["/hooks/no body", "/hooks/a/b%2Fc", "/hooks/a/" + "b" * 65, "/hooks/a/.."])
def test_a_path_that_names_nothing_is_not_found(environment, path):
    assert application.app(request(path), None)["statusCode"] == 404


def test_answers_that_it_is_alive():
    health = request("/hooks/x") | {"resource": "/health", "pathParameters": None, "httpMethod": "GET"}
    health["requestContext"] = {"resourcePath": "/health", "httpMethod": "GET"}

    assert application.app(health, None)["statusCode"] == 200


def test_a_delivery_has_the_public_url_and_the_exact_bytes():
    body = b'\xff{"a":\r\n1}'
    event = request("/hooks/slack/acme", base64.b64encode(body).decode(), isBase64Encoded=True)

    delivery = delivery_of(event, "https://hooks.example", NOW)

    assert delivery is not None
    assert (delivery.url, delivery.body) == ("https://hooks.example/hooks/slack/acme", body)
    assert delivery.connection_id == "acme"
    assert delivery.headers == {"content-type": "application/json"}


def test_a_delivery_without_a_connection_belongs_to_the_default_one():
    delivery = delivery_of(request("/hooks/slack"), "https://hooks.example", NOW)

    assert delivery is not None
    assert (delivery.connection_id, delivery.url) == ("default", "https://hooks.example/hooks/slack")


def test_the_query_is_part_of_the_url_that_is_signed():
    event = request("/hooks/hubspot", multiValueQueryStringParameters={"a": ["1", "2"], "b": ["c d"]})

    delivery = delivery_of(event, "https://hooks.example", NOW)

    assert delivery is not None
    assert delivery.url == "https://hooks.example/hooks/hubspot?a=1&a=2&b=c+d"


@pytest.mark.parametrize(
    ("headers", "trace_id"),
    [
        ({"X-Amzn-Trace-Id": "Root=1-6740-abc"}, "1-6740-abc"),
        ({"x-amzn-trace-id": "Self=1-x;Root=1-6740-abc;Sampled=1"}, "1-6740-abc"),
        ({"x-amzn-trace-id": 'Root="; drop'}, "request-1"),
        ({}, "request-1"),
        (None, "request-1"),
    ],
)
def test_the_trace_is_the_gateways(headers, trace_id):
    assert trace_id_of(request("/hooks/x", headers=headers)) == trace_id


def test_the_receiver_imports_nothing_heavy():
    heavy = ["botocore.session", "boto3", "httpx", "pydantic", "jwt", "cryptography", "aws_xray_sdk"]
    code = f"import app, sys; print([name for name in {heavy} if name in sys.modules])"
    path = f"{ROOT}:{ROOT / 'functions'}"

    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "[]"
