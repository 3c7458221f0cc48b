"""Our reading of Salesforce against its stand-in: jobs, ties, the delete log, sessions and what the census says."""

import dataclasses
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from lanes import FreePass

from chalicelib.errors import VendorBusy
from chalicelib.ingest.source import Connection, Event, Reading, Stream, Window
from chalicelib.ingest.vendor_http import VendorHttp
from chalicelib.sources.salesforce import source
from infra.company import credentials as keys
from infra.company.render.salesforce import history
from infra.company.vendors.app import make_app, make_site
from infra.company.vendors.in_process import client_of
from infra.company.vendors.limits import Limiter
from infra.company.vendors.salesforce import selected
from infra.company.vendors.salesforce_soql import SoqlRefused
from infra.company.vendors.site import Fault, Site
from infra.company.world import World

assert source.pull
PULL = source.pull
CREDENTIALS = keys.make(7, ["salesforce"])


class Org:
    """The stand-in, and our client of it."""

    def __init__(self, world: World, client: httpx.Client, site: Site) -> None:
        self.world, self.client, self.site = world, client, site
        self.http = self.new_http()

    def new_http(self, **options: Any) -> VendorHttp:
        stored = CREDENTIALS["salesforce"]["stored"]
        start_at = self.world.started_at - timedelta(days=600)
        base_url = f"{self.client.base_url}/salesforce/"
        self.connection = Connection("salesforce", "default", base_url, stored, options, start_at)
        passes = FreePass()
        return VendorHttp(
            self.connection,
            PULL,
            client=self.client,
            buckets=passes,
            breaker=passes,
            remaining_s=lambda: 600.0,
            sleep=lambda seconds: None,
        )

    def reading(self, cursor: dict[str, Any]) -> Reading:
        return Reading(self.http, self.connection, cursor, self.site.now)

    def read(self, name: str, cursor: dict[str, Any], most: int | None = None) -> tuple[list[Event], dict[str, Any]]:
        """What a run tells that is stopped after `most` pages, and its last cursor as it is kept."""
        events = list[Event]()
        for number, page in enumerate(stream(name).read(self.reading(cursor)), start=1):
            events += page.events
            cursor = json.loads(json.dumps(page.cursor))
            if number == most:
                break
        return events, cursor

    def living(self, name: str) -> set[str]:
        return {one.id for one in history(self.world).living(self.site.now, name)}


def stream(name: str) -> Stream:
    return next(one for one in PULL.streams if one.name == name)


def alive(events: list[Event]) -> set[str]:
    state = {one.entity_id: one.operation for one in events if one.stream != "merge"}
    return {entity_id for entity_id, operation in state.items() if operation != "delete"}


@pytest.fixture
def org(world: World) -> Iterator[Org]:
    site = make_site(world, {"salesforce": CREDENTIALS["salesforce"]["stored"]})
    site.limiter = Limiter(lambda: 0.0, factor=1e6)
    site.page_cap = 7
    with client_of(make_app(site, ["salesforce"])) as client:
        yield Org(world, client, site)


@pytest.mark.parametrize("name", [one.name for one in PULL.streams])
def test_runs_that_are_killed_after_every_page_miss_nothing_of_records_with_one_clock(org: Org, name: str) -> None:
    events, cursor = list[Event](), dict[str, Any]()
    for _ in range(200):
        told, cursor = org.read(name, cursor, most=1)
        events += told
        if "until" not in cursor:
            break
    assert alive(events) == org.living(name)
    assert set(cursor) == {"since", "deleted_until"}


def test_a_large_first_reading_is_a_job_whose_state_each_run_looks_at_once(org: Org) -> None:
    org.http = org.new_http(bulk_from_rows=10)
    events, cursor = org.read("opportunity", {})
    assert events == [] and set(cursor) == {"until", "job"}
    events, cursor = org.read("opportunity", cursor)
    assert alive(events) == org.living("opportunity")
    assert set(cursor) == {"since", "deleted_until"}


def test_rows_of_a_job_are_records_like_those_of_pages_but_text(org: Org) -> None:
    by_pages, _ = org.read("opportunity", {})
    org.http = org.new_http(bulk_from_rows=10)
    events, cursor = org.read("opportunity", {})
    while "until" in cursor:
        told, cursor = org.read("opportunity", cursor, most=1)
        events += told

    def versions(told: list[Event]) -> dict[str, tuple[Any, ...]]:
        return {one.entity_id: (one.stream, one.operation, one.source_updated_at) for one in told}

    assert versions(events) == versions(by_pages)
    (one,) = {one.payload for one in events if one.entity_id == by_pages[0].entity_id}
    (other,) = {one.payload for one in by_pages if one.entity_id == by_pages[0].entity_id}
    text, typed = json.loads(one), json.loads(other)
    assert text.keys() == typed.keys()
    assert (text["IsWon"], text["Amount"]) == (str(typed["IsWon"]).lower(), str(typed["Amount"]))


def test_a_job_that_salesforce_has_deleted_is_followed_by_pages(org: Org) -> None:
    org.http = org.new_http(bulk_from_rows=10)
    _, cursor = org.read("contact", {})
    org.site.kept["salesforce"]["jobs"][cursor["job"]]["made_at"] -= timedelta(days=8)
    events, cursor = org.read("contact", cursor)
    assert alive(events) == org.living("contact")
    assert set(cursor) == {"since", "deleted_until"}


def test_a_deletion_that_no_query_lists_any_more_is_in_the_delete_log(org: Org) -> None:
    _, cursor = org.read("lead", {})
    (gone,) = (one for one in history(org.world).versions if one.stream == "lead" and one.record is None)
    cursor |= {"since": (gone.at + timedelta(days=1)).isoformat(), "deleted_until": gone.at.isoformat()}

    events, cursor = org.read("lead", cursor)

    deletions = [one for one in events if one.operation == "delete"]
    assert [(one.entity_id, one.source_updated_at) for one in deletions] == [(gone.id, gone.at)]
    assert datetime.fromisoformat(cursor["deleted_until"]) <= org.site.now


def test_what_happens_while_time_goes_on_is_read_by_the_next_run(org: Org) -> None:
    _, cursor = org.read("opportunity", {})
    before = org.site.now
    org.site.advance(2 * 86_400 - 60)
    events, _ = org.read("opportunity", cursor)
    changed = [one.id for one in history(org.world).as_of(org.site.now, "opportunity") if one.at > before]
    assert changed and set(changed) <= {one.entity_id for one in events}


def test_the_loser_of_a_merge_is_deleted_and_told_what_it_became(org: Org) -> None:
    events, _ = org.read("account", {})
    (merge,) = (one for one in events if one.stream == "merge")
    (loser,) = (one for one in events if one.stream == "account" and one.entity_id == merge.entity_id)
    assert loser.operation == "delete"
    assert json.loads(merge.payload)["MasterRecordId"] in org.living("account")


def test_a_session_that_ends_during_a_run_is_renewed(org: Org) -> None:
    pages = stream("contact").read(org.reading({}))
    events = list(next(pages).events)
    org.site.kept["salesforce"]["tokens"].clear()
    events += [event for page in pages for event in page.events]
    assert alive(events) == org.living("contact")


def test_a_page_with_nothing_on_it_that_is_not_the_last_is_asked_for_again(org: Org) -> None:
    org.site.faults["salesforce"] = [Fault("empty_page", path="queryAll", count=2)]
    events, _ = org.read("task", {})
    assert alive(events) == org.living("task")


def test_passing_trouble_is_waited_out_and_a_used_up_day_is_left_to_later(org: Org) -> None:
    troubles = (Fault("busy"), Fault("not_ok"), Fault("html"), Fault("error"))
    org.site.faults["salesforce"] = [dataclasses.replace(one, path="queryAll") for one in troubles]
    events, _ = org.read("user", {})
    assert alive(events) == org.living("user")
    org.site.limiter = Limiter(lambda: 0.0, factor=1e-9)
    with pytest.raises(VendorBusy) as caught:
        for _ in range(2):
            org.read("user", {})
    assert caught.value.after_s == 900


def test_the_census_counts_lists_and_fetches_what_the_window_holds(org: Org) -> None:
    census = stream("contact").census
    assert census and census.records and census.total and census.fetch
    window = Window(org.site.now - timedelta(days=90), org.site.now + timedelta(minutes=1))
    listed = [one for batch in census.records(org.reading({}), window) for one in batch]
    assert census.total(org.reading({}), window) == len(listed) > 10
    assert {one.payload == b"" for one in listed if one.operation == "upsert"} == {True}
    pulled, _ = org.read("contact", {})
    clocks = {one.entity_id: one.source_updated_at for one in pulled}
    assert all(clocks[one.entity_id] == one.source_updated_at for one in listed)

    living, gone = (next(one for one in listed if one.operation == what) for what in ("upsert", "delete"))
    fetched = census.fetch(org.reading({}), living.entity_id)
    assert fetched and fetched.source_updated_at == living.source_updated_at
    assert census.fetch(org.reading({}), gone.entity_id) is None


def test_a_locator_of_the_stand_in_dies_after_two_days_and_leads_through_every_page_before(org: Org) -> None:
    token = org.client.post(
        "/salesforce/services/oauth2/token",
        data={
            "grant_type": "client_credentials",
            **{k: CREDENTIALS["salesforce"]["stored"][k] for k in ("client_id", "client_secret")},
        },
    ).json()["access_token"]
    org.client.headers["authorization"] = f"Bearer {token}"
    url, ids = "/salesforce/services/data/v62.0/query?q=SELECT Id FROM Contact ORDER BY Id DESC", list[str]()
    while url:
        answer = org.client.get(url).json()
        ids += [one["Id"] for one in answer["records"]]
        last, url = url, f"/salesforce{answer['nextRecordsUrl']}" if not answer["done"] else ""
    assert set(ids) == org.living("contact") and ids == sorted(ids, reverse=True)
    org.site.now += timedelta(days=3)
    org.site.kept["salesforce"]["tokens"][token] = org.site.now
    refused = org.client.get(last)
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Nothing FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Id = 'a' AND Id = 'b' OR Id = 'c'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE Id ~ 'a'", "MALFORMED_QUERY"),
        ("FROM Lead", "MALFORMED_QUERY"),
    ],
)
def test_the_stand_in_refuses_soql_as_salesforce_does(org: Org, soql: str, code: str) -> None:
    with pytest.raises(SoqlRefused) as caught:
        selected(org.site, soql, is_all=True)
    assert caught.value.code == code
