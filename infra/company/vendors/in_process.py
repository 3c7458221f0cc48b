"""The stand-ins asked without a socket: a client whose requests they answer in the thread that asks."""

import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp, Message

BASE_URL = "http://127.0.0.1:9200"


def client_of(app: ASGIApp, path: str = "", headers: httpx.Headers | dict[str, str] | None = None) -> httpx.Client:
    """Asks below BASE_URL and this path, always with these headers; what the application raises, the request raises.
    Close it: it keeps an event loop."""
    return httpx.Client(transport=_InThread(app), base_url=BASE_URL + path, headers=headers)


class _InThread(httpx.BaseTransport):
    """One event loop for all requests: Starlette's TestClient begins a thread and a loop for each."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._runner = asyncio.Runner()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._runner.run(self._answered(request))

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        told: list[Message] = []
        asked = iter([{"type": "http.request", "body": request.read()}])

        async def receive() -> Message:
            return next(asked, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            told.append(message)

        await self._app(_scope(request), receive, send)
        body = b"".join(one.get("body", b"") for one in told)
        return httpx.Response(told[0]["status"], headers=told[0]["headers"], content=body)

    def close(self) -> None:
        self._runner.close()


def _scope(request: httpx.Request) -> dict[str, Any]:
    """asgi.readthedocs.io, "HTTP & WebSocket ASGI Message Format"."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.partition(b"?")[0],
        "query_string": request.url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 0),
        "server": (request.url.host, request.url.port),
    }
