"""Vercel's stand-in: pages, teams, and webhooks that our client makes, finds again and removes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from lanes import opened

from chalicelib.ingest.source import Reading
from chalicelib.ingest.subscription import Wanted
from chalicelib.sources.vercel import source
from infra.company import credentials as keys
from infra.company.hooks import vercel as hooks
from infra.company.vendors.app import make_app, make_site
from infra.company.vendors.in_process import client_of
from infra.company.vendors.site import Site
from infra.company.world import World

HERE = "https://hooks.payready.example/hooks/vercel"
CREDENTIALS = keys.make(7, ["vercel"])
STORED = CREDENTIALS["vercel"]["stored"]
AUTHORISED = {"authorization": f"Bearer {STORED['token']}"}


@pytest.fixture
def site(world: World) -> Site:
    return make_site(world, {"vercel": STORED})


@pytest.fixture
def client(site: Site) -> Iterator[Any]:
    with client_of(make_app(site, ["vercel"])) as client:
        yield client


@pytest.fixture
def reading(site: Site, client: Any) -> Reading:
    return opened("vercel", site, client, CREDENTIALS, site.now)


def test_without_a_team_there_is_nothing_and_no_error(client: Any) -> None:
    answer = client.get("/vercel/v6/deployments", headers=AUTHORISED)
    assert (answer.status_code, answer.json()["deployments"]) == (200, [])


def test_two_projects_of_a_repository_are_deployed_at_the_same_instant(world: World) -> None:
    times = [one.at for one in hooks.history(world).versions if one.event_type == "deployment.created"]
    assert len(times) > len(set(times))


def test_a_webhook_is_made_found_again_without_its_secret_and_removed(reading: Reading, client: Any) -> None:
    life = source.subscriptions
    assert life
    made = life.create(reading.http, reading.connection, Wanted(HERE, "proposed", datetime.now(UTC)))
    assert made.secrets == STORED["signing_secrets"]
    (found,) = life.existing(reading.http, reading.connection)
    assert (found.id, found.url, found.is_active) == (made.subscriptions[0].id, HERE, True)
    assert "secret" not in client.get("/vercel/v1/webhooks", headers=AUTHORISED).text
    life.remove(reading.http, reading.connection, found)
    assert life.existing(reading.http, reading.connection) == []
