"""The Gong stand-in, as Gong's API documentation and the field describe Gong."""

import httpx
import pytest

from infra.company.vendors.site import Site

EVERYTHING = {"context": "Extended", "exposedFields": {"parties": True, "content": {"brief": True, "trackers": True}}}


@pytest.fixture
def gong(client: httpx.Client, authorised: dict, site: Site) -> httpx.Client:
    client.headers.update(authorised["gong"])
    site.limiter.factor = 100
    return client


def extensive(gong: httpx.Client, **asked: object) -> httpx.Response:
    return gong.post("/gong/v2/calls/extensive", json=asked)


def test_wrong_credentials_are_a_401(client: httpx.Client) -> None:
    assert client.get("/gong/v2/users", auth=("key", "wrong")).status_code == 401


def test_nothing_found_is_a_404_with_its_own_words(gong: httpx.Client) -> None:
    answer = extensive(gong, filter={"fromDateTime": "2031-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["errors"]) == (
        404,
        ["No calls found corresponding to the provided filters"],
    )


def test_pages_follow_the_cursor_in_the_body_and_agree_with_the_total(gong: httpx.Client, site: Site) -> None:
    site.page_cap = 20
    ids, cursor = [], None
    while True:
        answer = extensive(gong, filter={}, **({"cursor": cursor} if cursor else {})).json()
        ids += [one["metaData"]["id"] for one in answer["calls"]]
        cursor = answer["records"].get("cursor")
        if not cursor:
            break
    assert len(set(ids)) == len(ids) == answer["records"]["totalRecords"]


def test_a_post_ignores_its_query(gong: httpx.Client) -> None:
    answer = gong.post("/gong/v2/calls/extensive", params={"fromDateTime": "2031-01-01T00:00:00Z"}, json={})
    assert answer.status_code == 200


def test_only_metadata_comes_unless_more_is_selected(gong: httpx.Client) -> None:
    assert set(extensive(gong, filter={}).json()["calls"][0]) == {"metaData"}
    told = extensive(gong, filter={}, contentSelector=EVERYTHING).json()["calls"][0]
    assert set(told) == {"metaData", "context", "parties", "content"}
    assert set(told["content"]) == {"brief", "trackers"}


def test_a_call_is_linked_to_the_crm_by_its_ids(gong: httpx.Client, site: Site) -> None:
    told = extensive(gong, filter={}, contentSelector=EVERYTHING).json()["calls"]
    objects = [each for one in told for context in one["context"] for each in context["objects"]]
    companies = {one.id for one in site.world.market.companies}
    assert {each["objectType"] for each in objects} == {"Account", "Opportunity"}
    assert {each["objectId"] for each in objects if each["objectType"] == "Account"} <= companies


def test_a_call_shows_up_when_processed_and_its_transcript_when_digested(gong: httpx.Client, site: Site) -> None:
    late = next(one for one in site.world.calls if one.digested_at > one.visible_at)
    asked = {"filter": {"callIds": [late.call_id]}}

    def transcript() -> httpx.Response:
        return gong.post("/gong/v2/calls/transcript", json=asked)

    site.now = late.started_at
    assert extensive(gong, **asked).status_code == 404
    site.now = late.visible_at
    assert extensive(gong, **asked).status_code == 200
    assert transcript().json()["callTranscripts"][0]["transcript"] == []
    site.now = late.digested_at
    told = transcript().json()["callTranscripts"][0]["transcript"]
    assert sum(len(monologue["sentences"]) for monologue in told) == len(late.sentences)


def test_a_transcript_speaks_in_order_and_by_known_speakers(gong: httpx.Client) -> None:
    call = extensive(gong, filter={}, contentSelector=EVERYTHING).json()["calls"][0]
    asked = {"filter": {"callIds": [call["metaData"]["id"]]}}
    told = gong.post("/gong/v2/calls/transcript", json=asked).json()["callTranscripts"][0]["transcript"]
    starts = [sentence["start"] for monologue in told for sentence in monologue["sentences"]]
    assert starts == sorted(starts)
    assert {one["speakerId"] for one in told} <= {one["speakerId"] for one in call["parties"]}


def test_three_requests_a_second(gong: httpx.Client, site: Site, clock: list[float]) -> None:
    site.limiter.factor = 1
    answers = [gong.get("/gong/v2/users") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["retry-after"] == "1"
    clock[0] = 1.0
    assert gong.get("/gong/v2/users").status_code == 200
