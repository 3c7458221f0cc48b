"""The Notion stand-in, as Notion's documentation describes it: the silent cap, the trash, what it refuses."""

import httpx
import pytest

from infra.company.render.notion import history
from infra.company.vendors.limits import Limiter
from infra.company.vendors.site import Site


@pytest.fixture
def notion(client: httpx.Client, credentials: dict, site: Site) -> httpx.Client:
    client.headers["authorization"] = f"Bearer {credentials['notion']['stored']['access_token']}"
    client.headers["notion-version"] = "2025-09-03"
    client.base_url = client.base_url.join("/notion/v1/")
    site.limiter = Limiter(lambda: 0.0, factor=100)
    return client


def test_a_request_without_a_version_is_refused(notion: httpx.Client) -> None:
    del notion.headers["notion-version"]
    assert notion.get("users").json()["code"] == "missing_version"


def test_a_data_source_shows_so_many_rows_and_then_seems_to_be_at_its_end(notion: httpx.Client, site: Site) -> None:
    id_ = next(one.id for one in history(site.world).living(site.now, "data_source"))
    assert notion.post(f"data_sources/{id_}/query", json={}).json()["request_status"]["type"] == "complete"
    site.search_cap = 3
    told = notion.post(f"data_sources/{id_}/query", json={}).json()
    assert (len(told["results"]), told["has_more"], told["next_cursor"]) == (3, False, None)
    assert told["request_status"]["type"] == "incomplete"


def test_a_page_in_the_trash_is_told_but_not_found(notion: httpx.Client, site: Site) -> None:
    trashed = next(one for one in history(site.world).as_of(site.now, "page") if one.record is None)
    assert notion.get(f"pages/{trashed.id}").json()["in_trash"] is True
    site.page_cap = 100
    found = notion.post("search", json={"filter": {"property": "object", "value": "page"}}).json()["results"]
    assert found and trashed.id not in {one["id"] for one in found}


def test_records_are_dated_to_the_minute(notion: httpx.Client, site: Site) -> None:
    found = notion.post("search", json={"filter": {"property": "object", "value": "page"}}).json()["results"]
    assert {one["last_edited_time"][16:] for one in found} == {":00.000Z"}


def test_a_cursor_becomes_invalid(notion: httpx.Client, site: Site) -> None:
    site.page_cap = 2
    cursor = notion.get("users").json()["next_cursor"]
    assert notion.get("users", params={"start_cursor": cursor}).status_code == 200
    site.advance(2 * 3600)
    assert "start_cursor" in notion.get("users", params={"start_cursor": cursor}).json()["message"]
