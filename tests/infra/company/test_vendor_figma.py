"""The Figma stand-in, as Figma's REST API description has it: pages of versions, webhooks and what was sent to them."""

import httpx
import pytest

from infra.company.render.figma import history, team
from infra.company.vendors.limits import Limiter
from infra.company.vendors.site import Site


@pytest.fixture
def figma(client: httpx.Client, credentials: dict, site: Site) -> httpx.Client:
    client.headers["x-figma-token"] = credentials["figma"]["stored"]["access_token"]
    client.base_url = client.base_url.join("/figma/")
    site.limiter = Limiter(lambda: 0.0, factor=100)
    return client


def test_the_smallest_plan_asks_for_patience_after_25_requests(figma: httpx.Client, site: Site) -> None:
    site.limiter = Limiter(lambda: 0.0)
    answers = [figma.get(f"v1/teams/{team(site.world)}/projects") for _ in range(26)]
    assert [one.status_code for one in answers] == [200] * 25 + [429]
    assert answers[-1].headers["retry-after"] == "60"


def test_the_next_page_holds_older_versions(figma: httpx.Client, site: Site) -> None:
    versions = history(site.world).living(site.now, "version")
    keys = [one.id.partition("/")[0] for one in versions]
    key = max(keys, key=keys.count)
    site.page_cap, url, found = 2, f"v1/files/{key}/versions", list[dict]()
    while url:
        told = figma.get(url).json()
        found += told["versions"]
        url = told["pagination"].get("next_page")
    assert len(found) == keys.count(key) > 2
    assert [one["created_at"] for one in found] == sorted((one["created_at"] for one in found), reverse=True)


def test_a_webhook_begins_with_a_ping_that_is_remembered_and_hides_its_passcode(
    figma: httpx.Client, site: Site
) -> None:
    asked = {"event_type": "FILE_UPDATE", "context": "team", "context_id": team(site.world), "passcode": "pass"}
    made = figma.post("v2/webhooks", json={**asked, "endpoint": "http://127.0.0.1:9/hooks/figma"}).json()
    held = figma.get("v2/webhooks", params={"context": "team", "context_id": team(site.world)}).json()["webhooks"]
    assert [one["passcode"] for one in held] == [""]
    (ping,) = figma.get(f"v2/webhooks/{made['id']}/requests").json()["requests"]
    assert (ping["request_info"]["payload"]["event_type"], ping["response_info"]) == ("PING", None)
    site.advance(8 * 86_400)
    assert figma.get(f"v2/webhooks/{made['id']}/requests").json() == {"requests": []}
