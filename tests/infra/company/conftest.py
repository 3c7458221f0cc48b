"""The simulated company, and its vendors served on a loopback port for the length of one test."""

import base64
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn

from infra.company import credentials as keys
from infra.company.vendors.app import make_app, make_site
from infra.company.vendors.site import Site
from infra.company.world import World, build


@pytest.fixture(scope="session")
def world() -> World:
    return build(seed=7)


@pytest.fixture(scope="session")
def credentials() -> dict:
    return keys.make(7)


@pytest.fixture
def clock() -> list[float]:
    """Seconds as the rate limits see them: a list of one, so that a test may let time pass."""
    return [0.0]


@pytest.fixture
def site(world: World, credentials: dict, clock: list[float]) -> Site:
    stored = {source: held["stored"] for source, held in credentials.items()}
    return make_site(world, stored, monotonic=lambda: clock[0])


@pytest.fixture
def url(site: Site) -> Iterator[str]:
    """Where the vendors are."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(make_app(site), log_level="warning", lifespan="off", date_header=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    """A client without credentials."""
    with httpx.Client(base_url=url) as client:
        yield client


@pytest.fixture
def authorised(credentials: dict) -> dict[str, dict[str, str]]:
    """Per source, the header that a client of ours may show."""
    gong = credentials["gong"]["stored"]
    pair = f"{gong['access_key']}:{gong['access_key_secret']}".encode()
    tokens = {
        "slack": f"Bearer {credentials['slack']['stored']['bot_token']}",
        "github": f"Bearer {credentials['github']['stored']['token']}",
        "hubspot": f"Bearer {credentials['hubspot']['stored']['access_token']}",
        "gong": f"Basic {base64.b64encode(pair).decode()}",
    }
    return {source: {"authorization": token} for source, token in tokens.items()}
