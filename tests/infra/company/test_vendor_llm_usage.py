"""Oddities of the simulated gateways that a client must meet."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from infra.company import credentials as keys
from infra.company.vendors.app import make_app, make_site
from infra.company.vendors.in_process import client_of
from infra.company.vendors.site import Fault, Site
from infra.company.world import World


@pytest.fixture
def gateway(world: World) -> Iterator[tuple[httpx.Client, Site, dict[str, str]]]:
    stored = keys.make(7, ["llm_usage"])["llm_usage"]["stored"]
    site = make_site(world, {"llm_usage": stored}, rate_factor=1e6)
    with client_of(make_app(site, ["llm_usage"]), "/llm_usage/") as client:
        yield client, site, stored


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_openrouter_knows_thirty_completed_days_and_no_day_before_them(gateway) -> None:
    client, site, stored = gateway
    headers = bearer(stored["openrouter_key"])
    days = {row["date"] for row in client.get("openrouter/api/v1/activity", headers=headers).json()["data"]}
    assert len(days) == 30 and max(days) == (site.now - timedelta(days=1)).date().isoformat()
    refused = client.get("openrouter/api/v1/activity", headers=headers, params={"date": site.now.date().isoformat()})
    assert refused.status_code == 400 and refused.json()["error"]["code"] == 400


def test_openrouter_may_tell_an_error_in_a_200(gateway) -> None:
    client, site, stored = gateway
    site.faults["llm_usage"] = [Fault("not_ok")]
    told = client.get("openrouter/api/v1/keys", headers=bearer(stored["openrouter_key"]))
    assert (told.status_code, told.json()["error"]["code"]) == (200, 502)


def test_each_gateway_wants_its_own_key(gateway) -> None:
    client, _, stored = gateway
    assert client.get("openrouter/api/v1/keys", headers=bearer(stored["litellm_key"])).status_code == 401
    assert client.get("litellm/spend/logs", headers=bearer(stored["openrouter_key"])).status_code == 401
    assert client.get("portkey/v1/analytics/graphs/cost", headers=bearer(stored["portkey_key"])).status_code == 401


def test_portkey_wants_both_bounds_and_tells_cents(gateway) -> None:
    client, site, stored = gateway
    headers, path = {"x-portkey-api-key": stored["portkey_key"]}, "portkey/v1/analytics/graphs/cost"
    assert client.get(path, headers=headers).status_code == 400
    bounds = {"time_of_generation_min": "2026-10-01T00:00:00Z", "time_of_generation_max": site.now.isoformat()}
    told = client.get(path, headers=headers, params=bounds).json()
    assert told["summary"]["total"] == pytest.approx(sum(point["total"] for point in told["data_points"]), abs=0.01)


def test_litellm_sums_up_unless_it_is_told_not_to(gateway) -> None:
    client, _, stored = gateway
    asked = {"start_date": "2026-11-01", "end_date": "2026-11-20"}
    headers = bearer(stored["litellm_key"])
    assert "request_id" not in client.get("litellm/spend/logs", headers=headers, params=asked).json()[0]
    rows = client.get("litellm/spend/logs", headers=headers, params=asked | {"summarize": "false"}).json()
    assert any(row["spend"] == 0 and row["total_tokens"] > 0 for row in rows)
