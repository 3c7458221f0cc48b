"""The Zendesk stand-in, as Zendesk's own documents describe its exports."""

from typing import Any

import httpx
import pytest

from infra.company.vendors.site import Site

API = "/zendesk/api/v2"


@pytest.fixture
def zendesk(client: httpx.Client, credentials: dict) -> httpx.Client:
    held = credentials["zendesk"]["stored"]
    client.auth = httpx.BasicAuth(f"{held['email']}/token", held["api_token"])
    return client


def test_ten_exports_a_minute_for_all_of_them_together(zendesk: httpx.Client, clock: list[float]) -> None:
    for number in range(10):
        path = "tickets/cursor" if number % 2 else "organizations"
        assert zendesk.get(f"{API}/incremental/{path}.json", params={"start_time": 1}).status_code == 200
    answer = zendesk.get(f"{API}/incremental/users/cursor.json", params={"start_time": 1})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert zendesk.get(f"{API}/groups.json").status_code == 200
    clock[0] += 61
    assert zendesk.get(f"{API}/incremental/users/cursor.json", params={"start_time": 1}).status_code == 200


def test_no_export_begins_within_the_last_minute(zendesk: httpx.Client, site: Site) -> None:
    recent = int(max(site.now, site.wall_clock()).timestamp()) - 30
    answer = zendesk.get(f"{API}/incremental/tickets/cursor.json", params={"start_time": recent})
    assert (answer.status_code, answer.json()["error"]) == (422, "StartTimeTooRecent")


def test_an_export_by_time_repeats_its_last_record_on_the_next_page(zendesk: httpx.Client, site: Site) -> None:
    site.page_cap, site.limiter.factor = 20, 100
    first = _events(zendesk, 1)
    second = _events(zendesk, first["end_time"])
    assert not first["end_of_stream"]
    assert first["ticket_events"][-1]["id"] in {one["id"] for one in second["ticket_events"]}


def test_deleted_tickets_stay_in_the_export_and_are_shown_no_more(zendesk: httpx.Client, site: Site) -> None:
    site.limiter.factor = 100
    found, after = list[dict[str, Any]](), None
    while True:
        params: dict[str, Any] = {"cursor": after} if after else {"start_time": 1}
        page = zendesk.get(f"{API}/incremental/tickets/cursor.json", params=params).json()
        found, after = found + page["tickets"], page["after_cursor"]
        if page["end_of_stream"]:
            break
    deleted = [one["id"] for one in found if one["status"] == "deleted"]
    assert deleted
    assert zendesk.get(f"{API}/tickets/{deleted[0]}.json").status_code == 404


def _events(zendesk: httpx.Client, start: int) -> dict[str, Any]:
    return dict(zendesk.get(f"{API}/incremental/ticket_events.json", params={"start_time": start}).json())
