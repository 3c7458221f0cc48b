"""API Gateway's REST proxy on this machine: functions/app.py behind HTTP, without the cloud emulator in between.

    python -m infra.local.gateway --port 8802 --workers 2

Each worker is one process and, as in Lambda, answers one request at a time; connections share the workers. Environment:
that of the functions. Missing on purpose: authorizers, throttling, the limit of 29 seconds.
"""

import argparse
import base64
import itertools
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

import uvicorn

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_NO_ROUTE = {
    "statusCode": 403,
    "headers": {},
    "body": '{"message":"Missing Authentication Token"}',
}  # API Gateway's own


class Context:
    """The part of Lambda's context object that Chalice and Powertools read."""

    function_name = "api"
    function_version = "$LATEST"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:api"
    log_group_name = "/aws/lambda/api"
    log_stream_name = "local"

    def __init__(self, request_id: str, timeout_s: float = 30) -> None:
        self.aws_request_id = request_id
        self._deadline = time.monotonic() + timeout_s

    def get_remaining_time_in_millis(self) -> int:
        return int((self._deadline - time.monotonic()) * 1000)


class Gateway:
    """An ASGI application that answers as API Gateway in front of a Chalice application would.

    Every body is passed on in base64, as it is where a REST API's binary media types hold `*/*`: else API Gateway
    replaces what is not UTF-8, and a signature over the exact bytes no longer fits.
    """

    def __init__(self, app: Any) -> None:
        self._handler: Handler = app
        # Chalice matches no paths itself: that is API Gateway's part.
        self._routes = [
            (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "/?"), path) for path in sorted(app.routes)
        ]
        self._numbers = itertools.count(1)
        self._started = f"{int(time.time()):08x}-{os.urandom(4).hex()}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        chunks = []
        while (message := await receive())["type"] == "http.request":
            chunks.append(message.get("body", b""))
            if not message.get("more_body"):
                break
        answer = self._answer(scope, b"".join(chunks))
        body = answer["body"] or ""
        content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        headers = [(name.lower().encode(), str(value).encode()) for name, value in (answer["headers"] or {}).items()]
        headers.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": answer["statusCode"], "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, scope: Scope, body: bytes) -> dict[str, Any]:
        path = scope["raw_path"].decode("ascii", "replace").partition("?")[0]
        for pattern, resource in self._routes:
            if match := pattern.fullmatch(path):
                event = self._event(scope, body, path, resource, match.groupdict())
                return self._handler(event, Context(event["requestContext"]["requestId"]))
        return _NO_ROUTE

    def _event(
        self, scope: Scope, body: bytes, path: str, resource: str, parameters: Mapping[str, str]
    ) -> dict[str, Any]:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        root = f"1-{self._started}{next(self._numbers):016x}"
        headers["X-Amzn-Trace-Id"] = f"Root={root}"
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        return {
            "resource": resource,
            "path": path,
            "httpMethod": scope["method"],
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": {name: unquote(value) for name, value in parameters.items()} or None,
            "stageVariables": None,
            "requestContext": {
                "resourcePath": resource,
                "httpMethod": scope["method"],
                "path": f"/api{path}",
                "requestId": root,
                "stage": "api",
                "identity": {"sourceIp": (scope.get("client") or ("127.0.0.1",))[0]},
            },
            "body": base64.b64encode(body).decode() if body else None,
            "isBase64Encoded": bool(body),
        }


def application() -> Gateway:
    """The gateway in front of functions/app.py."""
    import app  # noqa: PLC0415  each worker imports its own, when it is needed

    return Gateway(app.app)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    uvicorn.run(
        "infra.local.gateway:application",
        factory=True,
        host="127.0.0.1",
        port=options.port,
        workers=options.workers,
        access_log=False,
        log_level="warning",
        lifespan="off",
        proxy_headers=False,  # nobody stands before it
    )


if __name__ == "__main__":
    main()
