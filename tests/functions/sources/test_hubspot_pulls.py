"""That pulls from HubSpot miss nothing: caps, ties, late indexing, the recycle bin, associations."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hubspot_fake import Crm, ms
from vendor_fake import FakeVendor, answer, delivery, entities

from chalicelib.errors import Unreadable, VendorSaysNo, VendorUnavailable
from chalicelib.ingest.pages import Request, items
from chalicelib.ingest.source import Event
from chalicelib.ingest.vendor_http import Response
from chalicelib.sources.hubspot import source
from events import hubspot as records

SAMPLES = Path(records.__file__).parent / "samples"
NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def pull(told: Callable[[Request], Any], stream: str, cursor: Any = None, **how: Any) -> tuple[list[Event], dict]:
    """All events of a run at NOW, and the cursor it ends with."""
    since = datetime(2026, 7, 1, tzinfo=UTC)
    return FakeVendor(source, told).read(stream, cursor, **{"now": NOW, "start_at": since, **how})


@pytest.mark.parametrize("milliseconds", [1, 86_400_000])
def test_reads_more_rows_than_search_shows(milliseconds: int) -> None:
    rng, start = random.Random(3), ms(NOW) - 90_000_000
    crm = Crm([(number, start + rng.randrange(milliseconds)) for number in range(1, 12_401)])
    events, cursor = pull(crm, "company")
    assert entities(events) == {str(number) for number in range(1, 12_401)}
    assert cursor == {"until": ms(NOW)}


def test_contacts_are_searched_by_their_own_property() -> None:
    vendor = FakeVendor(source, Crm([(1, ms(NOW) - 1000)], "lastmodifieddate"))
    events, _ = vendor.read("contact", now=NOW)
    assert entities(events) == {"1"}
    assert "hs_lastmodifieddate" not in json.dumps(vendor.asked[0].json)


def test_a_change_that_search_shows_late_is_found_by_the_trailing_pass() -> None:
    crm = Crm([(1, ms(NOW) - 3_000_000)])
    _, cursor = pull(crm, "deal")
    crm.add((2, ms(NOW) - 2_000_000))  # modified before the run, indexed after it
    seen = set[str]()
    for minutes in range(5, 100, 5):
        events, cursor = pull(crm, "deal", cursor, now=NOW + timedelta(minutes=minutes))
        seen |= entities(events)
    assert "2" in seen


def test_a_deal_tells_the_stages_it_passed_through() -> None:
    events, _ = pull(samples(deals="pull__deals_search"), "deal")
    told = records.Deal.model_validate_json(events[0].payload)
    stages = [change.value for change in told.properties_with_history["dealstage"]]
    assert stages == ["closedwon", "presentationscheduled", "appointmentscheduled"]


def test_asks_for_the_properties_the_operator_adds() -> None:
    vendor = FakeVendor(source, Crm([(1, ms(NOW) - 1)]))
    vendor.read("deal", now=NOW, properties={"deal": ["competitor"]})
    assert "competitor" in (vendor.asked[1].json or {})["properties"]


def test_a_search_is_drawn_from_the_slower_bucket() -> None:
    vendor = FakeVendor(source, Crm([(1, ms(NOW))]))
    vendor.read("association", now=NOW)
    assert [request.bucket for request in vendor.asked[:2]] == ["search", ""]
    assert source.pull is not None and "search" in source.pull.rates


@pytest.mark.parametrize(("stream", "count"), [("association", 250), ("deal_association_sweep", 250)])
def test_reads_the_associations_of_every_deal_page_by_page(stream: str, count: int) -> None:
    crm = Crm([(number, ms(NOW) - number) for number in range(1, count + 1)])
    events, _ = pull(crm, stream)
    assert len(entities(events)) == len(events) == count * 2 * 2
    assert "deal:7:company:7001:deal_to_company" in entities(events)
    first, cursor = pull(crm, stream, most_pages=1)
    rest, _ = pull(crm, stream, cursor)
    assert len(first) < len(events)
    assert entities(first) | entities(rest) == entities(events)


def test_a_note_tells_the_deal_the_company_and_the_contact_it_is_on() -> None:
    vendor = FakeVendor(source, Crm([(7, ms(NOW) - 1)]))
    events, _ = vendor.read("note_association", now=NOW)
    assert entities(events) == {
        f"note:7:{kind}:{number}:note_to_{kind}" for kind in ("company", "contact", "deal") for number in (7000, 7001)
    }
    asked = {path for path in vendor.paths() if "associations" in path}
    assert asked == {f"crm/v4/associations/notes/{plural}/batch/read" for plural in ("companies", "contacts", "deals")}


def samples(**files: str) -> Callable[[Request], Response]:
    """Each path answered with a sample, whatever was asked; `archived=true` with one of its own."""

    def told(request: Request) -> Response:
        if request.path.endswith("objects/deals/batch/read"):
            return answer(sample("pull__deals_batch_read"))
        name = request.path.rsplit("/", 1)[-1] if "associations" not in request.path else request.path.split("/")[4]
        name = request.path.split("/")[3] if name == "search" else name
        if any("after" in one for one in (request.json or {}).get("inputs", ())):
            return answer({"results": []})
        return answer(sample(files[f"archived_{name}" if request.params.get("archived") == "true" else name]))

    return told


def test_both_lanes_of_an_association_have_one_entity() -> None:
    crm = samples(
        deals="pull__deals_search",
        companies="pull__associations_deal_company",
        contacts="pull__associations_deal_contact",
    )
    pulled, _ = pull(crm, "association")
    assert source.webhook
    heard = source.webhook.read(delivery("hubspot", sample("webhook__association_added")))
    assert entities(list(heard)) < entities(pulled)
    primary = next(event for event in pulled if event.entity_id == heard[0].entity_id)
    told = records.Association.model_validate_json(primary.payload)
    assert (told.type_id, told.label, told.to_id) == (5, "Primary", "21804417763")
    assert primary.source_updated_at == at("2026-10-28T22:14:30.633Z")


@pytest.mark.parametrize(
    ("stream", "files", "model", "updated"),
    [
        ("company", {"companies": "pull__companies_search"}, records.Company, "2026-11-12T20:18:33.471Z"),
        ("contact", {"contacts": "pull__contacts_search"}, records.Contact, "2026-11-02T17:00:41.118Z"),
        ("deal", {"deals": "pull__deals_batch_read"}, records.Deal, "2026-10-28T22:14:30.633Z"),
        ("archived_deal", {"archived_deals": "pull__deals_archived"}, records.Deal, "2026-11-10T20:07:55.381Z"),
        ("archived_contact", {"archived_contacts": "pull__contacts_archived"}, records.Contact, None),
        ("archived_company", {"archived_companies": "pull__companies_archived"}, records.Company, None),
        ("note", {"notes": "pull__notes_search"}, records.Note, "2026-10-05T09:03:11.402Z"),
        ("archived_note", {"archived_notes": "pull__notes_archived"}, records.Note, "2026-11-03T08:00:19.774Z"),
        ("owner", {"owners": "pull__owners"}, records.Owner, "2026-03-01T09:00:00Z"),
        ("archived_owner", {"archived_owners": "pull__owners_archived"}, records.Owner, "2026-06-30T17:00:00Z"),
        ("deal_pipeline", {"deals": "pull__deal_pipelines"}, records.DealPipeline, "2026-07-08T15:30:00Z"),
    ],
)
def test_pulled_records_are_told_as_listed(stream: str, files: dict, model: Any, updated: str | None) -> None:
    events, _ = pull(samples(**files), stream, most_pages=1)
    (file,) = files.values()
    assert [event.payload for event in events] == items(sample(file), "results")
    is_archived = stream.startswith("archived_") and stream != "archived_owner"
    for event in events:
        record = model.model_validate_json(event.payload)
        assert event.entity_id == record.id
        assert event.stream == stream.removeprefix("archived_")
        assert event.operation == ("delete" if is_archived else "upsert")
    if updated:
        assert events[0].source_updated_at == at(updated)


def test_the_recycle_bin_is_told_once() -> None:
    crm = samples(archived_deals="pull__deals_archived")
    events, cursor = pull(crm, "archived_deal")
    assert [event.operation for event in events] == ["delete"]
    events, _ = pull(crm, "archived_deal", cursor)
    assert events == []


def test_an_empty_search_ends_the_run() -> None:
    events, cursor = pull(samples(deals="pull__search_empty"), "deal")
    assert (events, cursor) == ([], {"until": ms(NOW)})


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "after_s"),
    [
        (200, {}, b"{}", "ok", None),
        (207, {}, b"{}", "ok", None),
        (429, {}, b'{"policyName":"TEN_SECONDLY_ROLLING"}', "retry", None),
        (429, {"retry-after": "11"}, b"{}", "retry", 11.0),
        (429, {}, b'{"policyName":"DAILY"}', "retry", 3600.0),
        (423, {}, b"", "retry", None),
        (502, {}, b"", "retry", None),
        (521, {}, b"", "retry", None),
        (530, {}, b"", "refused", None),
        (400, {}, b"", "refused", None),
        (401, {}, b"", "refused", None),
        (403, {}, b"", "refused", None),
    ],
)
def test_judges_answers_as_hubspot_means_them(
    status: int, headers: dict, body: bytes, kind: str, after_s: float | None
) -> None:
    assert source.pull is not None
    ruling = source.pull.judge(Response(status, headers, body))
    assert (ruling.kind, ruling.after_s) == (kind, after_s)


@pytest.mark.parametrize(("status", "raised"), [(403, VendorSaysNo), (503, VendorUnavailable)])
def test_a_refused_search_moves_no_cursor(status: int, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        pull(lambda request: answer({}, status), "contact")


@pytest.mark.parametrize("body", [b"<html>", b'{"results": 7}'])
def test_an_answer_of_another_shape_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        pull(lambda request: answer(body), "deal")


@pytest.mark.parametrize("stream", ["deal", "company", "archived_deal", "association"])
def test_an_unreadable_record_is_quarantined_and_stops_nothing(stream: str) -> None:
    def told(request: Request) -> Response:
        if "batch/read" in request.path:
            return answer({"results": []})
        return answer({"results": [{"id": 7}, {"properties": None}, {"updatedAt": "2026-11-20T00:00:00Z"}]})

    events, _ = pull(told, stream)
    assert [event.stream for event in events] == ([] if stream == "association" else ["quarantine"] * 3)
