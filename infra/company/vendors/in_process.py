"""The stand-ins asked without a socket: a client whose requests they answer in the thread that asks."""

import asyncio

import httpx
from starlette.types import ASGIApp

BASE_URL = "http://127.0.0.1:9200"


def client_of(app: ASGIApp, path: str = "", headers: httpx.Headers | dict[str, str] | None = None) -> httpx.Client:
    """Asks below BASE_URL and this path, always with these headers; what the application raises, the request raises.
    Close it: it keeps an event loop."""
    return httpx.Client(transport=_InThread(app), base_url=BASE_URL + path, headers=headers)


class _InThread(httpx.BaseTransport):
    """One event loop for all requests: Starlette's TestClient begins a thread and a loop for each."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = httpx.ASGITransport(app)
        self._runner = asyncio.Runner()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()  # or its body could not be awaited
        return self._runner.run(self._answered(request))

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        told = await self._app.handle_async_request(request)
        assert isinstance(told.stream, httpx.AsyncByteStream)
        body = b"".join([part async for part in told.stream])  # as it was sent, compressed or not
        return httpx.Response(told.status_code, headers=told.headers, content=body)

    def close(self) -> None:
        self._runner.close()
