"""The Asana stand-in, as Asana's documentation describes it: what expires, what is compact, how a webhook is made."""

import http.server
import threading
from collections.abc import Iterator

import httpx
import pytest

from infra.company.render.asana import history, workspace
from infra.company.vendors.limits import Limiter
from infra.company.vendors.site import Site


@pytest.fixture
def asana(client: httpx.Client, credentials: dict, site: Site) -> httpx.Client:
    client.headers["authorization"] = f"Bearer {credentials['asana']['stored']['access_token']}"
    client.base_url = client.base_url.join("/asana/api/1.0/")
    site.limiter = Limiter(lambda: 0.0, factor=100)
    return client


@pytest.fixture
def project(site: Site) -> str:
    return next(one.id for one in history(site.world).living(site.now, "project"))


@pytest.fixture
def target() -> Iterator[str]:
    """A receiver that gives a handshake's secret back under /right, and not under /wrong."""

    class Target(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            if self.path == "/right":
                self.send_header("X-Hook-Secret", self.headers["X-Hook-Secret"])
            self.end_headers()

        def log_message(self, *arguments: object) -> None: ...

    server = http.server.HTTPServer(("127.0.0.1", 0), Target)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_first_sync_token_comes_with_a_412_and_lives_for_a_day(
    asana: httpx.Client, site: Site, project: str
) -> None:
    first = asana.get("events", params={"resource": project})
    assert first.status_code == 412
    asked = {"resource": project, "sync": first.json()["sync"]}
    assert asana.get("events", params=asked).json()["data"] == []
    site.advance(25 * 3600)
    again = asana.get("events", params=asked)
    assert (again.status_code, bool(again.json()["sync"])) == (412, True)


def test_an_offset_expires_and_a_record_is_compact_unless_asked_for(
    asana: httpx.Client, site: Site, project: str
) -> None:
    site.page_cap = 2
    asked = {"project": project, "limit": 100}
    page = asana.get("tasks", params=asked).json()
    assert set(page["data"][0]) == {"gid", "resource_type", "name", "resource_subtype"}
    site.advance(2 * 3600)
    late = asana.get("tasks", params={**asked, "offset": page["next_page"]["offset"]})
    assert (late.status_code, "offset" in late.text) == (400, True)


def test_subtasks_are_in_no_project(asana: httpx.Client, site: Site) -> None:
    subtasks = [one for one in history(site.world).living(site.now, "task") if (one.record or {})["parent"]]
    assert subtasks
    assert not any((one.record or {})["projects"] for one in subtasks)


def test_a_webhook_is_made_only_where_the_secret_comes_back(
    asana: httpx.Client, site: Site, project: str, target: str
) -> None:
    site.located = lambda url: url.replace("https://hooks.example", target)

    def create(path: str, **more: object) -> httpx.Response:
        data = {"resource": project, "target": f"https://hooks.example/{path}", **more}
        return asana.post("webhooks", json={"data": data})

    assert create("wrong").status_code == 403
    assert create("right", target="http://localhost/right").status_code == 403
    made = create("right")
    assert (made.status_code, len(made.json()["X-Hook-Secret"])) == (201, 64)
    assert create("right", resource=workspace(site.world)["gid"]).status_code == 400  # no filters
    asked = {"workspace": workspace(site.world)["gid"]}
    held = asana.get("webhooks", params=asked).json()["data"]
    assert [one["target"] for one in held] == ["https://hooks.example/right"]
    assert asana.delete(f"webhooks/{held[0]['gid']}").status_code == 200
    assert asana.get("webhooks", params=asked).json()["data"] == []
