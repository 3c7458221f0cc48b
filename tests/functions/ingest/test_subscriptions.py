"""The care of a connection's subscriptions: made, left alone, renewed, made anew, and the gaps they leave."""

import dataclasses
import itertools
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pull_fakes import CONNECTION, NOON, Clock, vendor
from subscription_fakes import Care, Vendor

from chalicelib.errors import VendorBusy, VendorSaysNo
from chalicelib.ingest.connections import Connections
from chalicelib.ingest.cursors import Cursors
from chalicelib.ingest.due import is_care_due
from chalicelib.ingest.signatures import Hmac
from chalicelib.ingest.source import Answer, Connection, Delivery, Greeting, Source, Webhook
from chalicelib.ingest.state_table import StateTable
from chalicelib.ingest.subscription import Created, Subscription, Subscriptions, Wanted
from chalicelib.ingest.subscriptions import EVERY, Keeper

URL = "https://hooks.payready.example/hooks/vendor"


@pytest.fixture
def care(table: StateTable, connections: Connections, clock: Clock) -> Callable[..., Care]:
    def make(*, renews: bool = False, webhook: Webhook | None = None, **changed: Any) -> Care:
        connections.connect(CONNECTION)
        ordered: list[dict[str, Any]] = []
        names = itertools.count(1)
        traits = {name: changed.pop(name) for name in ("is_listed", "creates_missing") if name in changed}

        def in_force() -> Sequence[str]:
            return tuple(made.secret().get("signing_secrets", ()))

        fake = Vendor(in_force, **changed)
        spec = Subscriptions(fake.existing, fake.create, fake.remove, fake.renew if renews else None, **traits)
        source = dataclasses.replace(vendor(), subscriptions=spec, webhook=webhook)
        keeper = Keeper(
            table=table,
            connections=connections,
            source_named={"vendor": source}.get,
            land=lambda envelopes: None,
            enqueue=lambda body, delay_s: ordered.append(json.loads(body)),
            client=lambda: httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(500))),
            now=clock.now,
            sleep=clock.sleep,
            public_base_url="https://hooks.payready.example",
            propose=lambda: f"proposed{next(names)}",
        )
        made = Care(keeper, clock, fake, ordered)
        return made

    return make


def test_what_is_missing_is_made_for_our_address_and_remembered(care):
    given = care()
    kept = given.run()
    assert (kept.ended, kept.made, kept.gap) == ("kept", 1, None)
    assert [one.url for one in given.vendor.held.values()] == [URL]
    cursor = given.record().cursor
    assert [one["id"] for one in cursor["subscriptions"]] == ["s1"]
    assert cursor["seen_alive_at"] == NOON.isoformat()
    assert given.ordered == []


def test_a_second_run_does_nothing(care):
    given = care(renews=True, life=timedelta(days=7))
    given.run()
    before = given.secret()
    given.vendor.did()
    given.clock.forward(hours=1)
    kept = given.run()
    assert (kept.made, kept.renewed, kept.lost) == (0, 0, 0)
    assert given.vendor.did() == []
    assert given.secret() == before
    assert given.ordered == []


def test_the_secret_is_in_force_before_the_vendor_can_sign_with_it(care):
    given = care()
    given.run()
    (wanted,) = [told for _, told in given.vendor.asked]
    assert wanted.secret in given.vendor.known_before[0]


def test_a_secret_the_vendor_brings_stands_beside_those_in_force(care):
    given = care(own_secret="theirs")
    given.keeper.connections.amend("vendor", "default", lambda told: {**told, "signing_secrets": ["by hand"]})
    given.run()
    held = given.secret()
    assert held["signing_secrets"][0] == "by hand" and held["signing_secrets"][-1] == "theirs"
    assert held["token"] == CONNECTION.credentials["token"]


def test_what_others_registered_is_left_alone(care):
    given = care()
    given.vendor.held["other"] = Subscription("other", "https://elsewhere.example/", is_active=False)
    given.run()
    assert given.vendor.did() == ["create"]
    assert set(given.vendor.held) == {"other", "s1"}


def test_one_that_ends_soon_is_renewed_and_leaves_no_gap(care):
    given = care(renews=True, life=timedelta(days=3))
    given.run()
    given.vendor.did()
    given.clock.forward(days=1, hours=23)
    assert given.run().renewed == 0
    given.clock.forward(hours=2)
    kept = given.run()
    assert (kept.renewed, kept.lost, kept.gap) == (1, 0, None)
    assert given.vendor.did() == ["renew"]
    assert given.vendor.held["s1"].expires_at == given.clock.at + timedelta(days=3)


def test_care_is_due_again_within_the_hour_and_sooner_where_one_ends_sooner(care):
    given = care()
    given.run()
    assert given.record().next_at == NOON + EVERY
    soon = care(renews=True, life=timedelta(days=1, minutes=10))
    soon.vendor.held.clear()
    soon.run()
    assert soon.record().next_at == NOON + timedelta(minutes=10)


@pytest.mark.parametrize("what", ["deleted", "disabled", "expired"])
def test_one_the_vendor_gave_up_is_made_anew_and_its_gap_is_pulled(care, what):
    given = care(life=timedelta(hours=2))
    given.run()
    given.vendor.did()
    if what == "deleted":
        given.vendor.held.clear()
    if what == "disabled":
        given.vendor.held["s1"] = dataclasses.replace(given.vendor.held["s1"], is_active=False)
    given.clock.forward(hours=3)

    kept = given.run()

    assert (kept.ended, kept.made, kept.lost) == ("kept", 1, 1)
    assert given.vendor.did() == (["create"] if what == "deleted" else ["remove", "create"])
    assert set(given.vendor.held) == {"s2"}
    assert given.gaps() == [("thing", NOON.isoformat(), given.clock.at.isoformat())]
    assert {one["job"] for one in given.ordered} == {"backfill"}
    given.clock.forward(hours=1)
    given.run()
    assert len(given.ordered) == 1


def test_the_gap_reaches_back_to_when_it_was_last_seen_alive_through_every_failure_since(care):
    given = care()
    given.run()
    given.vendor.held.clear()
    given.vendor.says = VendorSaysNo("vendor refused POST 'hooks'", words="needs admin:hooks")
    given.clock.forward(hours=5)
    assert given.run().ended == "failed"
    given.vendor.says = None
    given.clock.forward(hours=1)
    given.run()
    assert given.gaps() == [("thing", NOON.isoformat(), (NOON + timedelta(hours=6)).isoformat())]


def test_what_a_vendor_refuses_is_recorded_in_its_words_and_tried_again_in_an_hour(care, capsys):
    given = care()
    given.vendor.says = VendorSaysNo("vendor refused POST 'hooks' with 403", words="needs admin:hooks")
    kept = given.run()
    assert (kept.ended, kept.words) == ("failed", "needs admin:hooks")
    record = given.record()
    assert record.cursor["error"].endswith("needs admin:hooks")
    assert (record.next_at, record.failures, record.owner) == (NOON + EVERY, 1, None)
    assert "admin:hooks" not in capsys.readouterr().out
    given.vendor.says = None
    given.run()
    assert "error" not in given.record().cursor


def test_a_busy_vendor_is_asked_again_when_it_says(care):
    given = care()
    given.vendor.says = VendorBusy("vendor asks for a pause of 900 s", 900)
    assert given.run().ended == "waits"
    assert given.record().next_at == NOON + timedelta(seconds=900)


def test_a_fault_of_ours_gives_the_lease_back_and_is_raised(care):
    given = care()
    given.vendor.says = RuntimeError("ours")
    with pytest.raises(RuntimeError):
        given.run()
    assert given.record().owner is None


def test_one_that_cannot_be_renewed_is_made_anew(care):
    given = care(renews=True, is_listed=False, life=timedelta(days=3))
    given.run()
    given.vendor.held.clear()
    given.clock.forward(days=2, hours=1)
    kept = given.run()
    assert (kept.made, kept.renewed, kept.lost) == (1, 0, 1)
    assert len(given.gaps()) == 1


def test_where_a_vendor_lists_nothing_what_we_remember_decides(care):
    given = care(renews=True, is_listed=False, life=timedelta(days=7))
    given.vendor.existing = lambda http, connection: ()
    given.run()
    given.vendor.did()
    assert [one.id for one in given.run().subscriptions] == ["s1"]
    assert given.vendor.did() == []


def test_what_only_the_vendor_knows_to_be_missing_is_asked_for_every_time(care):
    given = care(creates_missing=True)
    given.run()
    given.run()
    assert given.vendor.did() == ["create", "create"]
    assert given.ordered == []
    assert len(given.secret()["signing_secrets"]) == 1


def test_removed_ones_stay_away_until_the_operator_asks_again(care):
    given = care()
    given.run()
    removed = given.run(do="remove")
    assert (removed.ended, given.vendor.held) == ("removed", {})
    assert not is_care_due(given.record(), True, NOON + timedelta(days=9))
    given.run()
    assert len(given.vendor.held) == 1 and given.ordered == []
    assert is_care_due(given.record(), False, NOON + timedelta(days=9))


def test_all_are_renewed_at_once_when_the_operator_asks(care):
    given = care(renews=True, life=timedelta(days=7))
    given.run()
    assert given.run(do="renew").renewed == 1


def test_an_account_that_did_not_ask_is_never_subscribed():
    assert not is_care_due(None, False, NOON)
    assert is_care_due(None, True, NOON)


def test_two_at_once_make_one(care):
    given = care()
    create = given.vendor.create
    others: list[Any] = []

    def racing(http: Any, connection: Connection, wanted: Wanted) -> Created:
        others.append(given.run().ended)
        return create(http, connection, wanted)

    given.vendor.create = racing
    spec = Subscriptions(given.vendor.existing, racing, given.vendor.remove)
    source = dataclasses.replace(vendor(), subscriptions=spec)
    given.keeper = dataclasses.replace(given.keeper, source_named={"vendor": source}.get)
    given.run()
    assert others == ["skipped"] and len(given.vendor.held) == 1


def _greet(delivery: Delivery) -> Greeting | None:
    return Greeting(Answer("hello"))


def test_the_address_of_a_vendor_that_introduces_itself_bears_a_key_that_is_in_force_first(care):
    given = care(webhook=Webhook(Hmac("x-signature"), lambda delivery: [], 5, greet=_greet))
    given.run()
    (key,) = given.secret()["url_keys"]
    assert [one.url for one in given.vendor.held.values()] == [f"{URL}?key={key}"]
    given.run()
    assert given.secret()["url_keys"] == [key]
    assert key not in json.dumps(given.record().cursor)


def test_a_source_without_subscriptions_is_skipped(care):
    given = care()
    given.keeper = dataclasses.replace(given.keeper, source_named={"vendor": Source("vendor", "V", None, None)}.get)
    assert given.run().ended == "skipped"


def test_what_stands_is_told_without_changing_anything(care):
    given = care()
    given.vendor.held["other"] = Subscription("other", "https://elsewhere.example/")
    source, connection = given.keeper.source_named("vendor"), given.keeper.connections.get("vendor", "default")
    assert [one.id for one in given.keeper.standing(source, connection)[1]] == ["other"]
    assert given.vendor.did() == []
    assert Cursors(given.keeper.table, given.clock.now, "subscription").of("vendor", "default") == {}
