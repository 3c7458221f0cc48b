"""That mail is read through empty pages, repetitions, forgotten links, closed mailboxes and endless timeouts."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import vendor_fake
from vendor_fake import NOW, FakeVendor, answer, entities

from chalicelib.errors import ConfigurationMissing, VendorForgot, VendorSaysNo, VendorUnavailable
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Connection, Event, Page, Reading
from chalicelib.ingest.vendor_http import Response
from chalicelib.sources.outlook import source
from events import outlook as records

BASE = "https://graph.microsoft.com/v1.0/"


class Graph:
    """Folders {mailbox/folder: rounds}; a round is its pages. Links are the page's number in its folder."""

    def __init__(self, **folders: list[Any]) -> None:
        self.folders = {name.replace("__", "/"): pages for name, pages in folders.items()}
        self.asked: list[str] = []

    def __call__(self, request: Request) -> Any:
        self.asked.append(request.path)
        path, _, number = request.path.removeprefix(BASE).partition("?page=")
        mailbox = path.split("/")[1]
        if path.endswith("/mailFolders/delta"):
            found = [name.split("/")[1] for name in self.folders if name.startswith(f"{mailbox}/")]
            if not found:
                return answer({"error": {"code": "ErrorAccessDenied"}}, 403)
            return {"value": [{"id": name} for name in found], "@odata.deltaLink": f"{BASE}{path}?page=0"}
        pages = self.folders[f"{mailbox}/{path.split('/')[3]}"]
        page = pages[int(number or 0)]
        if isinstance(page, Response):
            return page
        following = int(number or 0) + 1
        link = "nextLink" if following < len(pages) and pages[following] != "end" else "deltaLink"
        following += link == "deltaLink"
        return {"value": page, f"@odata.{link}": f"{BASE}{path}?page={following}"}

    def pull(self, cursor: Any = None, **how: Any) -> tuple[list[Event], dict[str, Any]]:
        return FakeVendor(source, self).read("message", cursor, **{"mailboxes": ["a"], **how})

    def pages(self, cursor: dict[str, Any]) -> Iterator[Page]:
        connection = Connection("outlook", "default", BASE, {}, {"mailboxes": ["a"]})
        assert source.pull
        (read,) = (one.read for one in source.pull.streams if one.name == "message")
        return read(Reading(FakeVendor(source, self), connection, cursor, NOW))  # type: ignore[arg-type]


def message(number: int, at: str = "2025-11-01T10:00:00Z", **more: Any) -> dict[str, Any]:
    return {"id": f"m{number}", "lastModifiedDateTime": at, "receivedDateTime": "2025-11-01T10:00:00Z", **more}


def removed(number: int) -> dict[str, Any]:
    return {"id": f"m{number}", "@removed": {"reason": "changed"}}


def gone(code: str = "SyncStateNotFound") -> Response:
    return answer({"error": {"code": code}}, 410)


def test_a_round_goes_on_through_empty_pages_and_the_last_word_on_a_message_counts() -> None:
    graph = Graph(a__in=[[message(1), message(2)], [], [message(2, isRead=True), removed(1)], "end", [removed(2)]])
    events, cursor = graph.pull()
    assert [(one.entity_id, one.operation) for one in events] == [
        ("m1", "upsert"),
        ("m2", "upsert"),
        ("m2", "upsert"),
        ("m1", "delete"),
    ]
    assert cursor == {"links": {"a/in": f"{BASE}users/a/mailFolders/in/messages/delta?page=4"}}
    more, _ = graph.pull(cursor)
    assert [(one.entity_id, one.operation) for one in more] == [("m2", "delete")]


def test_a_message_told_twice_on_one_page_is_one_event() -> None:
    events, _ = Graph(a__in=[[message(1), removed(1)], "end"]).pull()
    assert [one.operation for one in events] == ["delete"]


def test_a_version_is_dated_by_its_last_modification_and_a_removal_by_the_answer_that_told_it() -> None:
    graph = Graph(a__in=[[message(1, "2025-11-02T08:30:00Z")], [removed(2)], "end"])
    (alive, dead), _ = graph.pull()
    assert alive.source_updated_at == datetime(2025, 11, 2, 8, 30, tzinfo=UTC)
    assert dead.source_updated_at == NOW


def test_mail_that_nobody_touched_since_the_start_is_left_out() -> None:
    old = {"receivedDateTime": "2019-01-01T00:00:00Z", "lastModifiedDateTime": "2019-01-01T00:00:00Z"}
    touched = {"receivedDateTime": "2019-01-01T00:00:00Z"}
    graph = Graph(a__in=[[message(1) | old, message(2), message(3) | touched], "end"])
    events, _ = graph.pull(start_at=datetime(2025, 1, 1, tzinfo=UTC))
    assert entities(events) == {"m2", "m3"}


def test_a_forgotten_link_costs_one_reading_from_the_start_and_not_two() -> None:
    link = f"{BASE}users/a/mailFolders/in/messages/delta?page=1"
    graph = Graph(a__in=[[message(1)], gone(), "end"])
    with pytest.raises(VendorForgot):
        graph.pull({"links": {"a/in": link}})  # the new reading's second page is forgotten, too
    assert graph.asked.count(link) == 2
    graph = Graph(a__in=[[message(1)], "end", gone()])
    events, cursor = graph.pull({"links": {"a/in": link.replace("page=1", "page=2")}})
    assert entities(events) == {"m1"} and cursor == {"links": {"a/in": link.replace("page=1", "page=2")}}


def test_a_closed_mailbox_stops_nobody_else_and_its_links_wait() -> None:
    graph = Graph(a__in=[[message(1)], "end", []])
    waiting = {"links": {"b/in": "https://graph.microsoft.com/v1.0/waiting"}}
    events, cursor = graph.pull(waiting, mailboxes=["a", "b"])
    assert entities(events) == {"m1"} and set(cursor["links"]) == {"a/in", "b/in"}
    with pytest.raises(VendorSaysNo):
        graph.pull(mailboxes=["b", "c"])


def test_a_folder_that_is_gone_is_forgotten() -> None:
    graph = Graph(a__in=[[message(1)], "end"], a__old=[answer({"error": {"code": "ErrorItemNotFound"}}, 404)])
    events, cursor = graph.pull({"links": {"a/old": f"{BASE}users/a/mailFolders/old/messages/delta?page=0"}})
    assert entities(events) == {"m1"} and set(cursor["links"]) == {"a/in"}


def test_a_link_that_times_out_run_after_run_is_given_up_for_the_start() -> None:
    graph = Graph(a__in=[[message(1)], "end", answer(b"", 504)])
    cursor: dict[str, Any] = {"links": {"a/in": f"{BASE}users/a/mailFolders/in/messages/delta?page=2"}}
    for _ in range(3):
        pages = graph.pages(cursor)
        cursor = dict(next(pages).cursor)
        with pytest.raises(VendorUnavailable):
            next(pages)
    events, cursor = graph.pull(cursor)
    assert entities(events) == {"m1"} and "timeouts" not in cursor


def test_any_other_failure_of_a_link_is_waited_out() -> None:
    graph = Graph(a__in=[[message(1)], "end", answer(b"", 503)])
    with pytest.raises(VendorUnavailable):
        next(graph.pages({"links": {"a/in": f"{BASE}users/a/mailFolders/in/messages/delta?page=2"}}))


def test_a_page_that_names_itself_as_its_next_is_no_answer() -> None:
    def circle(request: Request) -> Any:
        if request.path.endswith("mailFolders/delta"):
            return {"value": [{"id": "in"}], "@odata.deltaLink": f"{BASE}d"}
        return {"value": [], "@odata.nextLink": f"{BASE}again"}

    with pytest.raises(VendorUnavailable):
        FakeVendor(source, circle).read("message", mailboxes=["a"])


def test_no_mailbox_named_is_the_operators_to_mend() -> None:
    with pytest.raises(ConfigurationMissing, match="mailboxes"):
        FakeVendor(source, lambda request: {}).read("message")


def test_bodies_are_asked_for_only_where_the_operator_says_so() -> None:
    asked: list[Request] = []

    def graph(request: Request) -> Any:
        asked.append(request)
        return {"value": [], "@odata.deltaLink": f"{BASE}d"}

    FakeVendor(source, graph).read("message", mailboxes=["a"], folders=["inbox"])
    FakeVendor(source, graph).read("message", mailboxes=["a"], folders=["inbox"], with_body=True)
    without, with_body = (request.params["$select"].split(",") for request in asked)
    assert "body" not in without and "body" in with_body
    assert {request.headers["Prefer"] for request in asked} == {"odata.maxpagesize=200"}


def test_staging_reads_what_the_samples_show() -> None:
    def listed(name: str) -> list[Any]:
        return list(json.loads(vendor_fake.sample("outlook", name))["value"])

    told = [records.Message.model_validate(one) for one in listed("pull__messages_delta.json")]
    assert told[0].sender and told[0].sender.email_address.address and told[0].received_date_time
    folder = records.MailFolder.model_validate(listed("pull__mail_folders_delta.json")[0])
    assert folder.display_name == "Inbox"
