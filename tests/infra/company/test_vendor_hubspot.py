"""The HubSpot stand-in, as developers.hubspot.com describes HubSpot."""

from datetime import datetime

import httpx
import pytest

from infra.company.vendors.site import Site

OBJECTS = "/hubspot/crm/v3/objects"


@pytest.fixture
def hubspot(client: httpx.Client, authorised: dict, site: Site) -> httpx.Client:
    client.headers.update(authorised["hubspot"])
    return client


def search(hubspot: httpx.Client, plural: str, *filters: dict, **more: object) -> httpx.Response:
    groups = [{"filters": list(filters)}] if filters else []
    return hubspot.post(f"{OBJECTS}/{plural}/search", json={"filterGroups": groups, **more})


def walk(hubspot: httpx.Client, path: str, **params: str | int) -> list[dict]:
    found, after = [], ""
    while True:
        page = hubspot.get(path, params={**params, **({"after": after} if after else {})}).json()
        found += page["results"]
        if "paging" not in page:
            return found
        after = page["paging"]["next"]["after"]


def test_a_wrong_token_is_a_401(client: httpx.Client) -> None:
    answer = client.get(f"{OBJECTS}/deals")
    assert (answer.status_code, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")


def test_pages_follow_after_and_hold_everything_once(hubspot: httpx.Client) -> None:
    whole = walk(hubspot, f"{OBJECTS}/contacts", limit=100)
    assert walk(hubspot, f"{OBJECTS}/contacts", limit=7) == whole
    assert len({one["id"] for one in whole}) == len(whole) > 80
    assert hubspot.get(f"{OBJECTS}/contacts", params={"limit": 101}).status_code == 400


def test_only_the_properties_asked_for_come_back_all_of_them_text_or_null(hubspot: httpx.Client) -> None:
    asked = {"properties": "dealstage,amount,never_heard_of", "limit": 100}
    for one in hubspot.get(f"{OBJECTS}/deals", params=asked).json()["results"]:
        assert set(one["properties"]) == {
            "dealstage",
            "amount",
            "never_heard_of",
            "createdate",
            "hs_object_id",
            "hs_lastmodifieddate",
        }
        assert all(value is None or isinstance(value, str) for value in one["properties"].values())


def test_the_recycle_bin_is_listed_apart(hubspot: httpx.Client) -> None:
    archived = walk(hubspot, f"{OBJECTS}/deals", archived="true")
    assert archived
    assert all(one["archived"] and one["archivedAt"] for one in archived)
    assert not {one["id"] for one in archived} & {one["id"] for one in walk(hubspot, f"{OBJECTS}/deals")}


def test_a_merged_or_erased_record_is_gone_from_both_lists(hubspot: httpx.Client, site: Site) -> None:
    merged = [one.id for one in site.world.market.companies if one.merged_into]
    erased = [one.id for one in site.world.market.contacts if one.erased_at]
    for plural, ids in (("companies", merged), ("contacts", erased)):
        every = [one["id"] for flag in ("true", "false") for one in walk(hubspot, f"{OBJECTS}/{plural}", archived=flag)]
        assert ids and not set(ids) & set(every)


def test_search_finds_by_modification_in_either_spelling_of_an_instant(hubspot: httpx.Client) -> None:
    sort = [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}]
    every = search(hubspot, "deals", sorts=sort, limit=200).json()
    modified = [one["properties"]["hs_lastmodifieddate"] for one in every["results"]]
    assert modified == sorted(modified)
    assert every["total"] == len(modified)
    middle = modified[len(modified) // 2]
    for value in (middle, str(int(datetime.fromisoformat(middle).timestamp() * 1000))):
        bound = {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": value}
        assert search(hubspot, "deals", bound, limit=200).json()["total"] == sum(one >= middle for one in modified)


def test_search_ends_at_its_cap_with_a_400(hubspot: httpx.Client, site: Site) -> None:
    site.search_cap = 20
    assert search(hubspot, "deals", limit=10, after="10").status_code == 200
    assert search(hubspot, "deals", limit=10, after="20").status_code == 400


@pytest.mark.parametrize("asked", [{"limit": 201}, {"sorts": ["amount", "closedate"]}, {"filterGroups": [{}] * 6}])
def test_search_refuses_what_is_too_much(hubspot: httpx.Client, asked: dict) -> None:
    assert hubspot.post(f"{OBJECTS}/deals/search", json=asked).status_code == 400


def test_epoch_nought_as_a_bound_is_a_500(hubspot: httpx.Client) -> None:
    bound = {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": "0"}
    assert search(hubspot, "deals", bound).status_code == 500


def test_search_takes_five_a_second_and_says_which_policy_refused(hubspot: httpx.Client, clock: list[float]) -> None:
    statuses = [search(hubspot, "deals").status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    assert search(hubspot, "deals").json()["policyName"] == "SECONDLY"
    assert hubspot.get(f"{OBJECTS}/deals").status_code == 200
    clock[0] = 1.0
    assert search(hubspot, "deals").status_code == 200


def test_the_ten_secondly_limit_comes_without_retry_after(hubspot: httpx.Client, site: Site) -> None:
    site.limiter.factor = 1 / 95
    answers = [hubspot.get("/hubspot/crm/v3/owners") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[-1].json()["policyName"] == "TEN_SECONDLY_ROLLING"
    assert "retry-after" not in answers[-1].headers


def test_associations_come_in_batches_and_name_those_without(hubspot: httpx.Client) -> None:
    ids = [{"id": one["id"]} for one in walk(hubspot, f"{OBJECTS}/deals", limit=100)]
    answer = hubspot.post("/hubspot/crm/v4/associations/deals/companies/batch/read", json={"inputs": ids})
    assert answer.status_code == 200
    labels = {
        label["typeId"] for one in answer.json()["results"] for to in one["to"] for label in to["associationTypes"]
    }
    assert labels == {341, 5}
    answer = hubspot.post("/hubspot/crm/v4/associations/0-3/0-1/batch/read", json={"inputs": [*ids, {"id": "1"}]})
    assert answer.status_code == 207
    assert "1" in [one["context"]["fromObjectId"][0] for one in answer.json()["errors"]]


def test_notes_are_html_on_deals_and_companies_and_the_deleted_one_is_in_the_recycle_bin(hubspot: httpx.Client) -> None:
    listed = walk(hubspot, f"{OBJECTS}/notes", properties="hs_note_body,hs_timestamp")
    assert all(one["properties"]["hs_note_body"].startswith("<div") for one in listed)
    archived = walk(hubspot, f"{OBJECTS}/notes", archived="true")
    assert len(archived) == 1 and archived[0]["id"] not in {one["id"] for one in listed}
    ids = [{"id": one["id"]} for one in listed]
    for plural, label in (("deals", 214), ("0-2", 190)):
        answer = hubspot.post(f"/hubspot/crm/v4/associations/notes/{plural}/batch/read", json={"inputs": ids}).json()
        told = [to["associationTypes"] for one in answer["results"] for to in one["to"]]
        assert {(one["typeId"], one["label"]) for types in told for one in types} == {(label, None)}


def test_owners_who_left_are_listed_as_archived(hubspot: httpx.Client) -> None:
    current = walk(hubspot, "/hubspot/crm/v3/owners")
    former = walk(hubspot, "/hubspot/crm/v3/owners", archived="true")
    assert len(current) > len(former) > 0


def test_the_pipeline_knows_its_probabilities(hubspot: httpx.Client) -> None:
    stages = hubspot.get("/hubspot/crm/v3/pipelines/deals").json()["results"][0]["stages"]
    closed = {one["id"]: one["metadata"]["probability"] for one in stages if one["metadata"]["isClosed"] == "true"}
    assert closed == {"closedwon": "1.0", "closedlost": "0.0"}


def test_a_batch_read_tells_the_history_newest_first(hubspot: httpx.Client, site: Site) -> None:
    deal = next(one.record for one in site.world.pursuits if one.record.is_live(site.now))
    asked = {"inputs": [{"id": deal.id}], "propertiesWithHistory": ["dealstage"]}
    told = hubspot.post(f"{OBJECTS}/deals/batch/read", json=asked).json()["results"][0]
    values = [one["value"] for one in told["propertiesWithHistory"]["dealstage"]]
    known = [one.value for one in deal.changes if one.name == "dealstage" and one.at <= site.now]
    assert values == known[::-1]


def test_an_empty_page_can_be_switched_on_and_still_names_the_next(hubspot: httpx.Client) -> None:
    hubspot.post("/_control/faults", json={"vendor": "hubspot", "kind": "empty_page"})
    page = hubspot.get(f"{OBJECTS}/deals", params={"limit": 100}).json()
    assert page["results"] == []
    after = page["paging"]["next"]["after"]
    assert hubspot.get(f"{OBJECTS}/deals", params={"limit": 100, "after": after}).json()["results"]
