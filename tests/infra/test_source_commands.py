"""`sophia subscribe`, `backfill`, `state`, `test`, `sources`, `doctor NAME`: what they find and how they tell it."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import httpx
import pytest
from moto import mock_aws

from chalicelib import sources
from chalicelib.errors import ConfigurationMissing
from chalicelib.ingest.connections import Connections
from chalicelib.ingest.cursors import Cursors, Record
from chalicelib.ingest.due import PullOrder
from chalicelib.ingest.source import Connection, Source
from chalicelib.ingest.state_table import StateTable
from chalicelib.ingest.subscriptions import Keeper
from infra import backfill, show, state
from infra.doctor_source import examine_source
from infra.sources import rows
from infra.subscribe import connected, first_delivery, listed, steps_by_hand
from infra.try_source import tried

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FROM, TO = "2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00"


@pytest.fixture
def keeper(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeper]:
    """Of a company with one account at Linear, Notion and UserGems, whose vendors answer 403."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName="sophia-state",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        table = StateTable(client, "sophia-state")
        connections = Connections(table, boto3.client("secretsmanager"), "sophia")
        for name in ("vercel", "notion", "usergems"):
            connections.connect(
                Connection(name, "default", "https://vendor.example/", {"token": "t0ken"}, {"team_id": "t"})
            )
        yield Keeper(
            table=table,
            connections=connections,
            source_named=sources.load,
            land=lambda envelopes: None,
            enqueue=lambda body, delay_s: None,
            client=lambda: httpx.Client(transport=httpx.MockTransport(_refuse)),
            now=lambda: NOW,
            sleep=lambda seconds: None,
            public_base_url="https://hooks.payready.example",
            propose=lambda: "unguessable",
        )


def _refuse(request: httpx.Request) -> httpx.Response:
    return httpx.Response(403, json={"error": {"code": "forbidden", "message": "Scope read:deployments is missing"}})


def _source(name: str) -> Source:
    found = sources.load(name)
    assert found
    return found


# ---- subscribe


def test_the_steps_by_hand_are_told_with_the_address_and_the_secret_filled_in(keeper: Keeper) -> None:
    account = connected(keeper, _source("usergems"), "default")
    told = "\n".join(steps_by_hand(keeper, _source("usergems"), account))
    assert "https://hooks.payready.example/hooks/usergems" in told and "unguessable" in told
    assert "{" not in told
    held = keeper.connections.get("usergems", "default")
    assert held and held.credentials["signing_secrets"] == ["unguessable"]


def test_a_vendor_that_introduces_itself_is_told_an_address_with_a_key(keeper: Keeper) -> None:
    account = connected(keeper, _source("notion"), "default")
    told = "\n".join(steps_by_hand(keeper, _source("notion"), account))
    assert "/hooks/notion?key=unguessable" in told


def test_a_source_that_tells_no_steps_has_some_all_the_same(keeper: Keeper) -> None:
    bare = dataclasses.replace(_source("usergems"), by_hand=())
    told = steps_by_hand(keeper, bare, connected(keeper, bare, "default"))
    assert "UserGems" in told[0] and "/hooks/usergems" in told[0]


def test_an_account_there_is_not_is_named_with_those_that_are(keeper: Keeper) -> None:
    with pytest.raises(ConfigurationMissing, match="there are default"):
        connected(keeper, _source("notion"), "other")


def test_what_stands_at_a_vendor_is_shown_without_its_key(keeper: Keeper) -> None:
    ours = "https://hooks.payready.example/hooks/vercel"

    def answer(request: httpx.Request) -> httpx.Response:
        told = {"events": [], "ownerId": "o", "createdAt": 1}
        return httpx.Response(
            200, json=[{"id": "1", "url": f"{ours}?key=k3y", **told}, {"id": "2", "url": "https://x.example/", **told}]
        )

    asking = dataclasses.replace(keeper, client=lambda: httpx.Client(transport=httpx.MockTransport(answer)))
    found = listed(asking, _source("vercel"), connected(keeper, _source("vercel"), "default"))
    assert [(one["id"], one["address"], one["ours"]) for one in found] == [
        ("1", ours, True),
        ("2", "https://x.example/", False),
    ]


def test_waiting_ends_with_the_first_delivery_that_was_taken() -> None:
    answers = iter([[], [{"status": 401}], [{"status": 401}, {"status": 200, "reason": "handshake"}]])
    first = first_delivery(lambda: next(answers), 60, sleep=lambda seconds: None)
    assert first and first["reason"] == "handshake"
    assert first_delivery(lambda: [{"status": 401}], 10, sleep=lambda seconds: None) is None


# ---- backfill


def test_dates_mean_utc_and_the_end_is_the_last_midnight_when_left_out() -> None:
    assert backfill.span("2026-11-01", "", NOW) == (
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 11, 20, tzinfo=UTC),
    )
    assert backfill.span("2026-11-01T02:00:00+02:00", "2026-11-02", NOW)[0] == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told_from", "told_to", "why"),
    [
        ("yesterday", "", "is no date"),
        ("2026-11-31", "", "is no date"),
        ("2026-11-02", "2026-11-01", "is not before"),
        ("2026-11-02", "2026-11-02", "is not before"),
        ("2026-11-01", "2027-11-02", "in the future"),
        ("2027-01-01", "", "is not before"),
    ],
)
def test_wrong_dates_are_explained(told_from: str, told_to: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        backfill.span(told_from, told_to, NOW)


def _played(seen: list[backfill.Records]) -> Callable[[], backfill.Records]:
    """One after the other, the last for ever."""
    return lambda: seen.pop(0) if len(seen) > 1 else seen[0]


def test_a_backfill_is_ordered_once_and_followed_to_its_end() -> None:
    one = PullOrder("slack", "default", "message", FROM, TO)
    key = ("slack", "default", one.record)
    running = Record({}, owner="me", last_started_at=NOW, batch_id="b", records=200)
    done = Record({}, last_started_at=NOW, last_finished_at=NOW, records=350)
    seen: list[backfill.Records] = [{}, {}, {key: running}, {key: done}]
    ordered: list[PullOrder] = []

    (row,) = backfill.follow(show.Steps(), [one], _played(seen), ordered.append, sleep=lambda s: None)

    assert (row["state"], row["records"], ordered) == ("done", 350, [one])
    (again,) = backfill.follow(show.Steps(), [one], lambda: {key: done}, ordered.append, sleep=lambda s: None)
    assert (again["state"], len(ordered)) == ("done", 1)


def test_one_that_runs_is_found_again_and_one_that_failed_is_tried_again() -> None:
    one = PullOrder("slack", "default", "message", FROM, TO)
    key = ("slack", "default", one.record)
    running = Record({}, owner="me", last_started_at=NOW, batch_id="b")
    failed = Record({}, last_started_at=NOW, batch_id="b", failures=1, last_error="slack says no")
    later = dataclasses.replace(failed, failures=2)
    ordered: list[PullOrder] = []
    for before, ended, orders in ((running, failed, 0), (failed, later, 1)):
        seen: list[backfill.Records] = [{key: before}, {key: before}, {key: ended}]
        (row,) = backfill.follow(show.Steps(), [one], _played(seen), ordered.append, sleep=lambda s: None)
        assert (row["state"], row["error"], len(ordered)) == ("failed", "slack says no", orders)


# ---- state


def test_every_kind_of_record_is_listed_with_who_holds_it(keeper: Keeper) -> None:
    for kind in state.KINDS:
        Cursors(keeper.table, keeper.now, kind).acquire("notion", "default", "page", owner="me")
    found = state.listed(keeper.table, keeper.connections, NOW)
    assert [(row["kind"], row["stream"], row["state"]) for row in found] == [
        (kind, "page", "running") for kind in state.KINDS
    ]
    assert {row["state"] for row in state.listed(keeper.table, keeper.connections, NOW + timedelta(hours=1))} == {
        "killed"
    }
    assert state.listed(keeper.table, keeper.connections, NOW, "vercel") == []


def test_a_cursor_is_not_overwritten_while_a_run_holds_it_unless_forced(keeper: Keeper) -> None:
    lease = Cursors(keeper.table, lambda: datetime.now(UTC)).acquire("notion", "default", "page", owner="me")
    assert lease
    key = ("notion", "default", "page")
    assert not state.overwrite(keeper.table, "cursor", key, {"since": FROM}, is_forced=False)
    assert state.overwrite(keeper.table, "cursor", key, {"since": FROM}, is_forced=True)
    record = Cursors(keeper.table, keeper.now).of("notion", "default")["page"]
    assert (record.cursor, record.owner, record.next_at) == ({"since": FROM}, None, None)
    with pytest.raises(Exception, match="held by another run"):
        lease.save({"since": TO})


@pytest.mark.parametrize("text", ["nonsense", "[1]", '"since"', "{"])
def test_a_cursor_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cursor is"):
        state.cursor_of(text)


def test_people_are_told_the_error_else_the_beginning_of_the_cursor(keeper: Keeper) -> None:
    cursors = Cursors(keeper.table, keeper.now)
    cursors.overwrite("notion", "default", "page", {"seen": ["x" * 20] * 20})
    (row,) = state.listed(keeper.table, keeper.connections, NOW)
    (short,) = state.shortened([row])
    assert (len(short["about"]), len(row["cursor"]["seen"])) == (60, 20)
    assert state.shortened([row | {"error": "403"}])[0]["about"] == "403"


# ---- test


def test_what_a_vendor_refuses_is_told_in_its_own_words_and_no_secret_is(keeper: Keeper) -> None:
    account = connected(keeper, _source("vercel"), "default")
    found = list(tried(keeper, keeper, _source("vercel"), account))
    by_check = {row["check"]: row for row in found}
    assert by_check["signing secrets"]["advice"] == "sophia subscribe vercel"
    refused = by_check["stream deployment"]
    assert (refused["verdict"], "read:deployments" in refused["vendor says"]) == ("problem", True)
    assert by_check["subscriptions"]["verdict"] == "problem"
    assert "t0ken" not in json.dumps(found, default=str)


def test_a_missing_credential_is_named(keeper: Keeper) -> None:
    keeper.connections.amend("vercel", "default", lambda told: {"signing_secrets": ["s"]})
    account = connected(keeper, _source("vercel"), "default")
    by_check = {row["check"]: row for row in tried(keeper, keeper, _source("vercel"), account)}
    assert by_check["signing secrets"]["verdict"] == "ok"
    assert "lacks 'token'" in by_check["stream deployment"]["found"]


# ---- sources and doctor


def test_a_source_shows_its_worst_subscription_and_its_last_pull() -> None:
    def told(**cursor: Any) -> Record:
        return Record(cursor)

    keys = {name: ("vercel", name, "-") for name in ("one", "two")}
    pulls = {("vercel", "one", "project"): Record({}, last_finished_at=NOW)}

    def vercel(*records: Record) -> dict[str, Any]:
        held = dict(zip(keys.values(), records, strict=False))
        found = {row["source"]: row for row in rows({"vercel": NOW}, pulls, {"vercel": 99.5}, held)}
        return found["vercel"]

    row = vercel()
    assert (row["last_event"], row["last_pull"], row["complete"], row["subscription"]) == (NOW, NOW, 99.5, "none")
    standing, failing = told(subscriptions=[{"id": "1"}]), told(subscriptions=[{"id": "1"}], error="403")
    assert vercel(standing, standing)["subscription"] == "2 active"
    assert vercel(standing, failing)["subscription"] == "fails"
    assert vercel(told(is_removed=True))["subscription"] == "removed"


def test_a_source_is_told_its_missing_doors(tmp_path: Any) -> None:
    missing = {row["check"] for row in examine_source("vercel", tmp_path) if row["verdict"] == "problem"}
    assert {"door: source", "door: samples", "door: staging", "door: tests", "webhook samples", "models"} <= missing


@pytest.mark.parametrize("name", ["github", "hubspot", "slack", "gong", "vercel"])
def test_a_finished_source_has_no_problem(name: str) -> None:
    assert [row for row in examine_source(name) if row["verdict"] == "problem"] == []
