"""ElevenLabs' stand-in: a webhook counts only once the agents' settings name it, and there is room for one."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from lanes import opened

from chalicelib.errors import VendorSaysNo
from chalicelib.ingest.source import Reading
from chalicelib.ingest.subscription import Subscriptions, Wanted
from chalicelib.sources.elevenlabs import source
from infra.company import credentials as keys
from infra.company.vendors.app import make_app, make_site
from infra.company.vendors.in_process import client_of
from infra.company.vendors.site import Site
from infra.company.world import World

HERE = Wanted("https://hooks.payready.example/hooks/elevenlabs", "proposed", datetime(2026, 11, 20, tzinfo=UTC))
ELSEWHERE = Wanted("https://elsewhere.example/hook", "proposed", HERE.now)
CREDENTIALS = keys.make(7, ["elevenlabs"])
STORED = CREDENTIALS["elevenlabs"]["stored"]


@pytest.fixture
def site(world: World) -> Site:
    return make_site(world, {"elevenlabs": STORED})


@pytest.fixture
def reading(site: Site) -> Iterator[Reading]:
    with client_of(make_app(site, ["elevenlabs"])) as client:
        yield opened("elevenlabs", site, client, CREDENTIALS, site.now)


@pytest.fixture
def life() -> Subscriptions:
    assert source.subscriptions
    return source.subscriptions


def test_a_webhook_is_made_named_told_to_retry_and_removed(reading: Reading, site: Site, life: Subscriptions) -> None:
    made = life.create(reading.http, reading.connection, HERE)
    assert made.secrets == STORED["signing_secrets"]
    kept = site.kept["elevenlabs"]
    assert [one["retry_enabled"] for one in kept["webhooks"].values()] == [True]
    assert kept["used"]["events"] == ["transcript", "call_initiation_failure"]
    (found,) = life.existing(reading.http, reading.connection)
    assert (found.url, found.is_active) == (HERE.url, True)
    life.remove(reading.http, reading.connection, found)
    assert (kept["webhooks"], kept["used"]["post_call_webhook_id"]) == ({}, None)


def test_a_webhook_that_is_disabled_or_not_named_is_not_active(
    reading: Reading, site: Site, life: Subscriptions
) -> None:
    life.create(reading.http, reading.connection, HERE)
    (kept,) = site.kept["elevenlabs"]["webhooks"].values()
    kept["is_auto_disabled"] = True
    assert [one.is_active for one in life.existing(reading.http, reading.connection)] == [False]
    kept["is_auto_disabled"] = False
    site.kept["elevenlabs"]["used"]["post_call_webhook_id"] = "another"
    assert [one.is_active for one in life.existing(reading.http, reading.connection)] == [False]


def test_the_place_of_another_is_not_taken(reading: Reading, life: Subscriptions) -> None:
    life.create(reading.http, reading.connection, ELSEWHERE)
    with pytest.raises(VendorSaysNo, match=r"elsewhere\.example"):
        life.create(reading.http, reading.connection, HERE)
