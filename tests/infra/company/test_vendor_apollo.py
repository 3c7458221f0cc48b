"""Apollo's stand-in: pages end at 500, three windows of requests for each endpoint, a listing that holds still."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from lanes import FreePass

from chalicelib.ingest.source import Connection, Reading, Window
from chalicelib.ingest.vendor_http import VendorHttp
from chalicelib.sources.apollo import source
from infra.company import credentials as keys
from infra.company.hooks.apollo import history
from infra.company.vendors.app import make_app, make_site
from infra.company.vendors.in_process import client_of
from infra.company.vendors.site import Site
from infra.company.world import World

STORED = keys.make(7, ["apollo"])["apollo"]["stored"]
SEARCH = "/apollo/api/v1/contacts/search"


@pytest.fixture
def apollo(world: World) -> Site:
    site = make_site(world, {"apollo": STORED}, monotonic=lambda: 0.0)
    site.page_cap = 100
    return site


@pytest.fixture
def asking(apollo: Site) -> Iterator[httpx.Client]:
    headers = {"x-api-key": STORED["api_key"]}
    with client_of(make_app(apollo, ["apollo"]), headers=headers) as client:
        yield client


@pytest.mark.parametrize("asked", [{"page": 501}, {"page": 0}, {"per_page": 101}, {"sort_by_field": "contact_name"}])
def test_refuses_what_lies_beyond_its_windows(asking: httpx.Client, asked: dict[str, object]) -> None:
    assert asking.post(SEARCH, json=asked).status_code == 422


def test_counts_each_endpoint_and_says_in_prose_when_it_is_enough(asking: httpx.Client) -> None:
    answers = [asking.post(SEARCH, json={"per_page": 1}) for _ in range(201)]
    assert (answers[199].status_code, answers[200].status_code) == (200, 429)
    assert "200 times per minute" in answers[200].json()["message"]
    assert int(answers[200].headers["retry-after"]) == 60
    assert asking.post("/apollo/api/v1/accounts/search", json={}).status_code == 200


def test_a_removed_contact_is_missing_from_the_census_and_from_nothing_else(
    world: World, apollo: Site, asking: httpx.Client
) -> None:
    assert source.pull
    census = next(one.census for one in source.pull.streams if one.name == "contact")
    assert census and census.records and census.is_whole
    passes = FreePass()
    connection = Connection("apollo", "default", "http://127.0.0.1:9200/apollo/api/v1/", STORED)
    http = VendorHttp(connection, source.pull, client=asking, buckets=passes, breaker=passes, remaining_s=lambda: 600.0)
    apollo.advance(2 * 86_400)
    window = Window(apollo.now - timedelta(days=1), apollo.now)
    listed = {
        one.entity_id for batch in census.records(Reading(http, connection, {}, apollo.now), window) for one in batch
    }
    assert listed == {one.id for one in history(world).living(apollo.now, "contact")}
    assert listed < {one.id for one in history(world).as_of(apollo.now, "contact")}
