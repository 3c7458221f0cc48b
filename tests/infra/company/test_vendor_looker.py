"""Looker's stand-in: tokens that end, a trash that is listed apart, and queries that take their time."""

from collections.abc import Iterator
from typing import Any

import pytest
from lanes import opened

from chalicelib.ingest.pages import Request, value
from chalicelib.ingest.source import Reading
from infra.company import credentials as keys
from infra.company.vendors.app import make_app, make_site
from infra.company.vendors.in_process import client_of
from infra.company.vendors.looker import SLOW, TOKEN_LIFE
from infra.company.vendors.site import Fault, Site
from infra.company.world import World

CREDENTIALS = keys.make(7, ["looker"])
TRASH = {"deleted": "true", "limit": 100, "sorts": "id"}


@pytest.fixture
def site(world: World) -> Site:
    return make_site(world, {"looker": CREDENTIALS["looker"]["stored"]})


@pytest.fixture
def client(site: Site) -> Iterator[Any]:
    with client_of(make_app(site, ["looker"])) as client:
        yield client


@pytest.fixture
def reading(site: Site, client: Any) -> Reading:
    return opened("looker", site, client, CREDENTIALS, site.now)


def test_a_token_that_ended_in_the_middle_of_a_run_is_asked_for_anew(reading: Reading, site: Site) -> None:
    reading.http.ask(Request("looks/11"))
    site.advance(TOKEN_LIFE.total_seconds())
    assert reading.http.ask(Request("looks/11")).ruling.kind == "ok"
    assert len(site.kept["looker"]["tokens"]) == 2


def test_without_a_token_it_asks_for_one(client: Any) -> None:
    answer = client.get("/looker/api/4.0/looks/11", headers={"authorization": "Bearer tok1"})
    assert (answer.status_code, answer.json()["message"]) == (401, "Requires authentication.")


def test_what_lies_in_the_trash_is_listed_only_there(reading: Reading) -> None:
    trashed = value(reading.http.ask(Request("looks/search", params=TRASH)).body)
    others = value(reading.http.ask(Request("looks/search", params={**TRASH, "deleted": "false", "limit": 999})).body)
    assert trashed and all(one["deleted"] for one in trashed)
    assert not {one["id"] for one in trashed} & {one["id"] for one in others}


def test_a_slow_query_is_still_running_twice(reading: Reading) -> None:
    query = {"model": "payready", "view": SLOW, "limit": "5"}
    query_id = value(reading.http.ask(Request("queries", "POST", json=query)).body, "id")
    task = {"query_id": query_id, "result_format": "json"}
    task_id = value(reading.http.ask(Request("query_tasks", "POST", json=task)).body, "id")
    answers = [reading.http.ask(Request(f"query_tasks/{task_id}/results")) for _ in range(3)]
    assert [one.status for one in answers] == [202, 202, 200]
    assert len(value(answers[-1].body)) == 5


def test_an_outage_at_the_login_is_waited_out_and_no_refusal(reading: Reading, site: Site) -> None:
    site.faults["looker"] = [Fault("html", 2, "login")]
    assert reading.http.ask(Request("looks/11")).ruling.kind == "ok"
    assert site.requests["looker html"] == 2
