"""The switches by which a test makes a vendor misbehave."""

import httpx
import pytest

from infra.company.vendors.limits import Limit, Limiter

PATHS = {
    "slack": "/slack/api/users.list",
    "github": "/github/orgs/payready-labs/repos",
    "hubspot": "/hubspot/crm/v3/owners",
    "gong": "/gong/v2/users",
}


@pytest.mark.parametrize("vendor", sorted(PATHS))
@pytest.mark.parametrize(
    ("fault", "statuses"), [("html", {200}), ("error", {500}), ("busy", {429}), ("not_ok", {200, 400, 403})]
)
def test_the_next_answers_go_wrong_as_switched_and_then_no_more(
    vendor: str, fault: str, statuses: set[int], client: httpx.Client, authorised: dict
) -> None:
    client.post("/_control/faults", json={"vendor": vendor, "kind": fault, "count": 2, "retry_after_s": 7})

    answers = [client.get(PATHS[vendor], headers=authorised[vendor]) for _ in range(3)]

    assert {one.status_code for one in answers[:2]} <= statuses
    assert all(one.headers["content-type"].startswith("text/html") == (fault == "html") for one in answers[:2])
    assert answers[2].status_code == 200
    assert client.get("/_control/status").json()["requests"] == {f"{vendor} {fault}": 2, f"{vendor} ok": 1}


def test_a_fault_may_be_for_one_path_alone(client: httpx.Client, authorised: dict) -> None:
    client.post("/_control/faults", json={"vendor": "gong", "kind": "error", "path": "/calls"})
    assert client.get(PATHS["gong"], headers=authorised["gong"]).status_code == 200
    assert client.get("/gong/v2/calls", headers=authorised["gong"]).status_code == 500


def test_an_unknown_fault_is_refused_and_an_empty_body_clears_all(client: httpx.Client) -> None:
    assert client.post("/_control/faults", json={"vendor": "gong", "kind": "sulk"}).status_code == 400
    client.post("/_control/faults", json={"vendor": "gong", "kind": "error", "count": 9})
    assert client.post("/_control/faults").json() == {}


def test_advancing_moves_the_clock_of_all_vendors(client: httpx.Client) -> None:
    answer = client.post("/_control/advance", json={"seconds": 3600})
    assert answer.json()["now"] == client.get("/_control/status").json()["now"] == "2026-11-20T18:00:00+00:00"


def test_a_window_slides_and_says_how_long_to_wait() -> None:
    now = [0.0]
    limiter, limit = Limiter(lambda: now[0]), Limit("x", 2, 10)
    assert limiter.exceeded([limit]) is None
    now[0] = 4.0
    assert limiter.exceeded([limit]) is None
    assert limiter.exceeded([limit]) == (limit, 6)
    now[0] = 10.0
    assert limiter.exceeded([limit]) is None
    assert limiter.exceeded([limit]) == (limit, 4)


def test_a_factor_widens_every_limit() -> None:
    limiter = Limiter(lambda: 0.0, factor=3)
    assert [limiter.exceeded([Limit("x", 1, 1)]) is None for _ in range(4)] == [True, True, True, False]
