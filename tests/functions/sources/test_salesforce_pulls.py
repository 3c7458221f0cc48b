"""What pulls from Salesforce make of short jobs, wide objects, crowded delete logs and objects that are not there."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vendor_fake
from vendor_fake import FakeVendor, answer, entities

from chalicelib.errors import VendorUnavailable
from chalicelib.ingest.pages import Request, items
from chalicelib.ingest.source import Event
from chalicelib.ingest.vendor_http import Response
from chalicelib.sources._salesforce_bulk import rows
from chalicelib.sources.salesforce import source
from events import salesforce as records

NOW = datetime(2026, 11, 20, 17, 0, 30, tzinfo=UTC)
CLOCK = "2026-11-18T17:04:11.000+0000"


def sample(name: str) -> bytes:
    return vendor_fake.sample("salesforce", name)


def query_page(*ids: str, done: bool = True) -> dict[str, Any]:
    found = [{"attributes": {"type": "Account"}, "Id": one, "SystemModstamp": CLOCK, "IsDeleted": False} for one in ids]
    return {"totalSize": len(ids), "done": done, "records": found}


class Salesforce:
    """Answers by the end of the path; the fields it describes, and what else a test sets."""

    def __init__(self, **answers: Any) -> None:
        self.fields = [{"name": "Id", "type": "id"}, {"name": "SystemModstamp", "type": "datetime"}]
        self.answers = {"queryAll": query_page("0015e00000Ab3dEAAR"), "deleted": {"deletedRecords": []}, **answers}

    def __call__(self, request: Request) -> Any:
        last = request.path.rstrip("/").rsplit("/", 1)[1]
        if last == "describe" and last not in self.answers:
            return {"fields": self.fields}
        told = self.answers[last if last in self.answers else "job"]
        return told(request) if callable(told) else told

    def pull(self, cursor: Any = None, **how: Any) -> tuple[list[Event], dict[str, Any], FakeVendor]:
        vendor = FakeVendor(source, self)
        events, left = vendor.read("account", cursor, now=NOW, start_at=datetime(2025, 1, 1, tzinfo=UTC), **how)
        return events, left, vendor


def csv_page(request: Request) -> Response:
    body = b'"Id","SystemModstamp"\n"0015e00000Ab3dEAAR","2026-11-18T17:04:11.000Z"\n'
    return answer(body, content_type="text/csv", sforce_locator="null", sforce_numberofrecords="1")


@pytest.mark.parametrize("state", ["pull__bulk_job_complete.json", "pull__bulk_job_failed.json"])
def test_a_job_that_failed_or_lacks_rows_is_followed_by_pages(state: str) -> None:
    salesforce = Salesforce(query=answer(sample("pull__bulk_job_created.json")), results=csv_page)
    salesforce.answers["job"] = answer(sample(state))  # says two rows, or that it failed
    _, cursor, vendor = salesforce.pull(bulk_from_rows=1)
    assert [path.rsplit("/", 1)[1] for path in vendor.paths()][-1] == "queryAll"
    assert set(cursor) == {"since", "deleted_until"}


def test_a_job_that_is_still_running_is_left_to_the_next_run() -> None:
    salesforce = Salesforce(query=answer(sample("pull__bulk_job_created.json")))
    salesforce.answers["job"] = answer(sample("pull__bulk_job_created.json"))
    _, first, _ = salesforce.pull(bulk_from_rows=1)
    events, second, vendor = salesforce.pull(first, bulk_from_rows=1)
    assert (events, second, len(vendor.asked)) == ([], first, 2)


def test_a_row_of_csv_may_hold_line_breaks_and_quotes_and_empty_is_null() -> None:
    told = answer(sample("pull__bulk_results.csv"), sforce_locator="MjAwMA")
    found, locator = rows(FakeVendor(source, lambda request: told), "api/", "Opportunity", "750", None, 2000)  # type: ignore[arg-type]
    first, second = (json.loads(one) for one in found)
    assert (first["Amount"], second["Amount"], second["Name"]) == ("48250.0", None, 'Quarry "Homes",\n310 units')
    assert second["attributes"] == {"type": "Opportunity"} and locator == "MjAwMA"


def test_the_fields_of_the_widest_object_fit_into_an_address() -> None:
    salesforce = Salesforce()
    salesforce.fields += [{"name": f"A_Long_Custom_Field_Name_{n:04d}__c", "type": "string"} for n in range(900)]
    salesforce.fields += [{"name": "BillingAddress", "type": "address"}, {"name": "Website", "type": "url"}]
    _, _, vendor = salesforce.pull(fields={"Account": ["A_Long_Custom_Field_Name_0899__c"]})
    (asked,) = (request.params["q"] for request in vendor.asked if "ORDER BY" in request.params.get("q", ""))
    assert len(asked.replace(" ", "%20")) < 14_000
    assert " Website," in asked and "BillingAddress" not in asked and "A_Long_Custom_Field_Name_0000__c" in asked
    assert "A_Long_Custom_Field_Name_0899__c" in asked and "A_Long_Custom_Field_Name_0898__c" not in asked


def test_an_object_the_organization_does_not_have_leaves_the_cursor_alone() -> None:
    salesforce = Salesforce(describe=answer([{"errorCode": "NOT_FOUND"}], 404))
    events, cursor, _ = salesforce.pull({"since": "2026-11-01T00:00:00.000Z"})
    assert (events, cursor) == ([], {"since": "2026-11-01T00:00:00.000Z"})


def test_equal_clocks_are_told_apart_by_id_and_rows_that_commit_late_are_looked_for() -> None:
    _, _, vendor = Salesforce().pull({"since": "2026-11-20T16:55:30.000Z"})
    (first,) = (request.params["q"] for request in vendor.asked if "q" in request.params)
    assert "SystemModstamp >= 2026-11-20T16:45:30.000Z AND SystemModstamp <= 2026-11-20T17:00:30.000Z" in first
    place = {"since": "2026-11-20T16:55:30.000Z", "until": "2026-11-20T17:00:30.000Z"}
    _, _, vendor = Salesforce().pull({**place, "after": ["2026-11-18T17:04:11.000Z", "0015e00000Ab3dEAAR"]})
    (second,) = (request.params["q"] for request in vendor.asked if "q" in request.params)
    assert "(SystemModstamp = 2026-11-18T17:04:11.000Z AND Id > '0015e00000Ab3dEAAR')" in second


def test_an_empty_page_that_promises_more_for_ever_is_given_up() -> None:
    with pytest.raises(VendorUnavailable):
        Salesforce(queryAll=query_page(done=False)).pull({"since": "2026-11-20T16:55:30.000Z"})


def crowded(request: Request) -> Response:
    start, end = (datetime.fromisoformat(request.params[name]) for name in ("start", "end"))
    if end - start > timedelta(hours=8):
        return answer([{"errorCode": "EXCEEDED_ID_LIMIT", "message": "exceeded max number of ids"}], 400)
    told = {"deletedDate": request.params["start"], "id": f"0015e{start:%d%H%M}0000"}
    return answer({"deletedRecords": [told], "latestDateCovered": request.params["end"]})


def test_a_delete_log_of_too_many_ids_is_asked_for_in_halves() -> None:
    marked = {"since": "2026-11-19T17:00:00.000Z", "deleted_until": "2026-11-19T17:00:00.000Z"}
    events, cursor, _ = Salesforce(deleted=crowded).pull(marked)
    deletions = [one for one in events if one.operation == "delete"]
    assert len(deletions) == 4 and {len(one.entity_id) for one in deletions} == {18}
    assert cursor["deleted_until"] == "2026-11-20T17:00:00.000Z"


def test_the_log_is_asked_for_again_from_where_salesforce_was_sure() -> None:
    covered = {"deletedRecords": [], "latestDateCovered": "2026-11-20T16:30:00.000+0000"}
    marked = {"since": "2026-11-20T16:00:00.000Z", "deleted_until": "2026-11-20T16:00:00.000Z"}
    _, cursor, _ = Salesforce(deleted=covered).pull(marked)
    assert cursor["deleted_until"] == "2026-11-20T16:30:00.000Z"


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("accounts", records.Account),
        ("contacts", records.Contact),
        ("leads", records.Lead),
        ("opportunities", records.Opportunity),
        ("opportunity_history", records.OpportunityHistory),
        ("opportunity_field_history", records.OpportunityFieldHistory),
        ("tasks", records.Task),
        ("events", records.CalendarEvent),
        ("users", records.User),
    ],
)
def test_every_sample_record_fits_its_model(name: str, model: Any) -> None:
    found = items(sample(f"pull__{name}.json"), "records")
    assert found
    for raw in found:
        model.model_validate_json(raw)


def test_the_rows_of_a_job_fit_the_same_model() -> None:
    told = answer(sample("pull__bulk_results.csv"))
    found, _ = rows(FakeVendor(source, lambda request: told), "api/", "Opportunity", "750", None, 2000)  # type: ignore[arg-type]
    first = records.Opportunity.model_validate_json(found[0])
    assert (first.amount, first.is_won) == (48250.0, False)


def test_deleted_and_merged_accounts_are_told_so() -> None:
    events, _, _ = Salesforce(queryAll=answer(sample("pull__accounts.json"))).pull({"since": CLOCK})
    assert [(one.stream, one.operation) for one in events] == [
        ("account", "upsert"),
        ("account", "delete"),
        ("merge", "event"),
    ]
    assert len(entities(events)) == 2
