"""What is odd about Apollo: callbacks of unpublished shape, searches that end at 50,000 rows, no news of deletions."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vendor_fake
from vendor_fake import FakeVendor, answer, delivery, entities

from chalicelib.errors import Unreadable, VendorSaysNo, VendorUnavailable
from chalicelib.ingest.pages import Request, items
from chalicelib.ingest.source import Connection, Event, Reading, Window
from chalicelib.ingest.vendor_http import Response
from chalicelib.sources.apollo import source
from events import apollo as records

assert source.webhook and source.pull
WEBHOOK, PULL = source.webhook, source.pull
NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)


def sample(name: str) -> bytes:
    return vendor_fake.sample("apollo", f"{name}.json")


def read(name: str) -> list[Event]:
    return list(WEBHOOK.read(delivery("apollo", sample(name))))


def test_each_person_of_a_callback_is_an_event_of_its_request_wrapped_or_not() -> None:
    first, second = read("webhook__phones")
    assert (first.stream, first.operation) == ("enrichment", "event")
    assert first.entity_id == "7312904482213349001/66a1f0c2b7d94e0001c3a111"
    assert first.delivery_id == second.delivery_id == "7312904482213349001"
    assert [one.entity_id.split("/")[0] for one in read("webhook__wrapped_result")] == ["-4102904482213349002"] * 2


def test_a_request_id_keeps_every_digit() -> None:
    body = json.dumps({"request_id": 2**63 - 1, "people": [{"id": "a"}]}).encode()
    (event,) = WEBHOOK.read(delivery("apollo", body))
    assert event.delivery_id == "9223372036854775807"


def test_a_callback_about_nobody_is_told_and_one_without_a_request_is_its_content() -> None:
    (nobody,) = read("webhook__nobody_found")
    assert (nobody.entity_id, nobody.payload) == ("7312904482213349003", sample("webhook__nobody_found"))
    (nameless,) = read("webhook__without_request_id")
    assert nameless.delivery_id is None and nameless.entity_id.endswith("/66a1f0c2b7d94e0001c3a113")


def test_an_email_and_a_phone_that_come_apart_are_two_events_and_a_retry_none() -> None:
    bodies = [
        b'{"request_id":1,"people":[{"id":"a","emails":[]}]}',
        b'{"request_id":1,"people":[{"id":"a","phone_numbers":[]}]}',
    ]
    told = [WEBHOOK.read(delivery("apollo", body))[0] for body in (*bodies, bodies[0])]
    assert len({one.dedupe for one in told}) == 2 and len({one.entity_id for one in told}) == 1


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"people": 7}', b'{"webhook_result": null}', b"\xff", b"<html>"])
def test_anything_else_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        WEBHOOK.read(delivery("apollo", body))


class Apollo:
    """The search over contacts {id: (stage, created, updated)}; claimed is the total it speaks of, where it is another.
    between happens after each page."""

    def __init__(self, count: int, claimed: int | None = None) -> None:
        self.claimed = claimed
        self.contacts: dict[str, tuple[str, datetime, datetime]] = {}
        self.between: Callable[[int], None] = lambda page: None
        for number in range(count):
            at = NOW - timedelta(minutes=7 * number + 60)
            self.contacts[f"c{number:05d}"] = (f"s{number % 3}", at, at)

    def __call__(self, request: Request) -> Any:
        if request.method == "GET":
            return {"contact_stages": [{"id": "s0"}, {"id": "s1"}, {"id": "s2"}]}
        asked = dict(request.json or {})
        stages, sort = asked.get("contact_stage_ids"), int(asked["sort_by_field"] == "contact_updated_at") + 1
        found = [one for one in self.contacts.items() if not stages or one[1][0] in stages]
        found.sort(key=lambda one: (one[1][sort], one[0]), reverse=not asked["sort_ascending"])
        page, rows = asked["page"], asked["per_page"]
        assert page <= 500 and rows <= 100, "Apollo refuses this"
        shown = [
            {"id": name, "created_at": one[1].isoformat(), "updated_at": one[2].isoformat()}
            for name, one in found[(page - 1) * rows : page * rows]
        ]
        if rows > 1:
            self.between(page)
        pages = {"page": page, "per_page": rows, "total_pages": -(-len(found) // rows)}
        pages["total_entries"] = self.claimed or len(found)
        return {"contacts": shown, "pagination": pages}

    def pull(
        self, cursor: Any = None, now: datetime = NOW, **how: Any
    ) -> tuple[list[Event], dict[str, Any], list[Any]]:
        vendor = FakeVendor(source, self)
        events, left = vendor.read("contact", cursor, now=now, **how)
        return events, left, [request.json for request in vendor.asked if request.json]

    def census(self) -> set[str]:
        census = next(one.census for one in PULL.streams if one.name == "contact")
        assert census and census.records and census.is_whole
        connection = Connection("apollo", "default", "https://vendor.example/", {})
        reading = Reading(FakeVendor(source, self), connection, {}, NOW)  # type: ignore[arg-type]
        window = Window(NOW - timedelta(days=1), NOW)
        return {one.entity_id for batch in census.records(reading, window) for one in batch}


def test_a_run_reads_newest_first_down_to_what_the_last_one_knew() -> None:
    apollo = Apollo(350)
    events, cursor, asked = apollo.pull()
    assert len(entities(events)) == 350 and {one["per_page"] for one in asked} == {1, 100}
    apollo.contacts["c00340"] = ("s1", NOW - timedelta(days=2), NOW + timedelta(minutes=3))
    events, _, asked = apollo.pull(cursor, now=NOW + timedelta(minutes=15))
    assert entities(events) == {"c00340", "c00001", "c00000"}  # the latter are within the overlap
    assert len(asked) == 1


def test_runs_killed_after_every_page_miss_nothing() -> None:
    vendor = FakeVendor(source, Apollo(350))
    events, cursor = vendor.read_with_a_stop_after_every_page("contact", now=NOW)
    assert len(entities(events)) == 350 and set(cursor["newest"]) == {"whole"}


def test_more_than_a_search_shows_is_read_stage_by_stage_and_only_the_first_time() -> None:
    apollo = Apollo(350, claimed=50_001)
    events, cursor, asked = apollo.pull()
    assert len(entities(events)) == 350
    assert {str(one.get("contact_stage_ids")) for one in asked} == {"None", "['s0']", "['s1']", "['s2']"}
    _, _, again = apollo.pull(cursor)
    assert [one.get("contact_stage_ids") for one in again] == [None]


def test_the_census_names_all_that_lives_also_when_a_deletion_moves_the_pages() -> None:
    apollo = Apollo(350)

    def delete_once(page: int) -> None:
        apollo.between = lambda page: None
        del apollo.contacts["c00349"]  # the oldest, so the first listed

    apollo.between = delete_once
    assert apollo.census() >= set(apollo.contacts)
    assert len(apollo.contacts) == 349


def test_a_listing_that_never_holds_still_takes_nothing_for_gone() -> None:
    apollo = Apollo(350)

    def delete_one(page: int) -> None:
        del apollo.contacts[min(apollo.contacts)]

    apollo.between = delete_one
    with pytest.raises(VendorUnavailable, match="hold still"):
        apollo.census()


def test_a_key_that_may_not_is_told_so_in_apollos_words() -> None:
    with pytest.raises(VendorSaysNo):
        FakeVendor(source, lambda request: answer(sample("pull__error_master_key"), 403)).read("contact", now=NOW)


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "after_s"),
    [
        (200, {}, b"{}", "ok", None),
        (429, {"retry-after": "1770"}, sample("pull__error_rate_limit"), "retry", 1770.0),
        (429, {}, b"", "retry", None),
        (502, {}, b"", "retry", None),
        (401, {}, b"Invalid access credentials.", "refused", None),
        (403, {}, sample("pull__error_master_key"), "refused", None),
        (422, {}, b"{}", "refused", None),
    ],
)
def test_judges_answers_as_apollo_means_them(
    status: int, headers: dict[str, str], body: bytes, kind: str, after_s: float | None
) -> None:
    ruling = PULL.judge(Response(status, headers, body))
    assert (ruling.kind, ruling.after_s) == (kind, after_s)


def test_every_sample_record_fits_its_model() -> None:
    for name, path, model in (
        ("pull__contacts_search", "contacts", records.Contact),
        ("pull__accounts_search", "accounts", records.Account),
        ("webhook__phones", "people", records.EnrichedPerson),
    ):
        found = items(sample(name), path)
        assert found and all(model.model_validate_json(raw) for raw in found)


def test_records_are_told_as_listed() -> None:
    body = sample("pull__contacts_search")
    events, _ = FakeVendor(source, lambda request: answer(body)).read("contact", now=NOW)
    assert [one.payload for one in events] == items(body, "contacts")
    assert events[0].source_updated_at == datetime(2026, 11, 18, 17, 4, 11, 250_000, tzinfo=UTC)
