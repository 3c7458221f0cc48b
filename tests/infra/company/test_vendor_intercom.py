"""The Intercom stand-in, as Intercom's OpenAPI description and its users describe it."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from infra.company.chance import COMPANY_TZ
from infra.company.vendors.site import Site


@pytest.fixture
def intercom(client: httpx.Client, credentials: dict, site: Site) -> httpx.Client:
    client.headers["authorization"] = f"Bearer {credentials['intercom']['stored']['access_token']}"
    site.limiter.factor = 100
    return client


def search(intercom: httpx.Client, path: str, operator: str, value: int, **more: Any) -> dict[str, Any]:
    query = {"field": "updated_at", "operator": operator, "value": value}
    pagination = {"per_page": 150, **more}
    answer = intercom.post(f"/intercom/{path}/search", json={"query": query, "pagination": pagination})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_later_than_an_instant_means_from_the_next_day_on_for_contacts_alone(intercom: httpx.Client) -> None:
    for path, key in (("contacts", "data"), ("conversations", "conversations")):
        newest = search(intercom, path, ">", 0)[key][0]
        same_day = datetime.fromtimestamp(newest["updated_at"], COMPANY_TZ).replace(hour=0, minute=0, second=0)
        found = search(intercom, path, ">", int(same_day.timestamp()) + 1)[key]
        assert (newest["id"] in {one["id"] for one in found}) == (path == "conversations")
        assert newest["id"] in {one["id"] for one in search(intercom, path, ">", int(same_day.timestamp()) - 1)[key]}


def test_a_filter_contacts_do_not_know_is_refused(intercom: httpx.Client) -> None:
    query = {"field": "updated_at", "operator": ">=", "value": 0}
    assert intercom.post("/intercom/contacts/search", json={"query": query}).status_code == 400


def test_one_scroll_at_a_time_which_dies_after_a_minute_without_a_question(intercom: httpx.Client, site: Site) -> None:
    site.page_cap = 4
    first = intercom.get("/intercom/companies/scroll").json()
    second = intercom.get("/intercom/companies/scroll")
    assert (second.status_code, second.json()["errors"][0]["code"]) == (400, "scroll_exists")

    started, wall_clock = site.wall_clock(), site.wall_clock
    site.wall_clock = lambda: wall_clock() + timedelta(minutes=2)
    assert site.wall_clock() > started
    late = intercom.get("/intercom/companies/scroll", params={"scroll_param": first["scroll_param"]})
    assert late.status_code == 500
    assert intercom.get("/intercom/companies/scroll").status_code == 200


def test_a_scroll_ends_with_an_empty_page(intercom: httpx.Client, site: Site) -> None:
    site.page_cap = 4
    page = intercom.get("/intercom/companies/scroll").json()
    sizes = [len(page["data"])]
    while page["data"]:
        page = intercom.get("/intercom/companies/scroll", params={"scroll_param": page["scroll_param"]}).json()
        sizes.append(len(page["data"]))
    assert sizes == [4, 4, 1, 0]


def test_pages_agree_with_the_total(intercom: httpx.Client) -> None:
    found, after = [], None
    while True:
        page = search(intercom, "conversations", ">", 0, per_page=7, **({"starting_after": after} if after else {}))
        found += [one["id"] for one in page["conversations"]]
        after = page["pages"].get("next", {}).get("starting_after")
        if not after:
            break
    assert len(found) == len(set(found)) == page["total_count"]
