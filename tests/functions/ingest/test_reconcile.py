"""Three witnesses: what was lost, missed, changed or deleted unseen is found, repaired and counted again."""

from collections.abc import Callable

from reconcile_fakes import World, ago, fetch, ids_only

from chalicelib.ingest.reconcile import MASS
from chalicelib.ingest.source import Census


def test_what_both_lanes_brought_is_complete_and_costs_no_repair(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), ""), "b": (ago(4), "")})
    w.came("a", ago(5), "webhook")
    w.came("a", ago(5), "pull")
    w.came("b", ago(4), "pull")

    finding = w.check()

    assert (finding.listed, finding.by_webhook, finding.by_pull, finding.held_before, finding.held) == (2, 1, 2, 2, 2)
    assert finding.is_complete and finding.repaired == finding.repair_requests == 0
    assert finding.newest_at == ago(4)
    assert w.repairs() == []


def test_the_missing_and_the_stale_are_repaired_and_counted_again(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), ""), "b": (ago(4), "new"), "c": (ago(3), "")})
    w.came("a", ago(5), "webhook")
    w.came("b", ago(9), "webhook", text="old")

    finding = w.check()

    assert (finding.missing, finding.stale, finding.repaired, finding.unrepaired) == (1, 1, 2, 0)
    assert (finding.held_before, finding.held) == (1, 3)
    assert finding.is_complete
    assert w.repairs() == [("b", "upsert"), ("c", "upsert")]


def test_a_hint_by_webhook_counts_for_its_lane_but_does_not_make_a_record_whole(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), "")})
    w.came("a", ago(5), "webhook", operation="partial")

    finding = w.check()

    assert (finding.by_webhook, finding.missing, finding.held) == (1, 1, 1)


def test_what_the_vendor_deleted_unseen_gets_a_tombstone_after_asking(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), "")})
    w.came("a", ago(5), "pull")
    w.came("gone", ago(4), "pull")

    finding = w.check()

    assert (finding.unlisted, finding.deleted_unseen, finding.repair_requests) == (1, 1, 1)
    assert w.repairs() == [("gone", "delete")]
    assert w.check().unlisted == 0, "it is buried"


def test_what_a_list_leaves_out_but_the_vendor_still_has_stays(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), "")})
    w.truth.hidden = {"a"}
    w.came("a", ago(5), "pull")

    finding = w.check()

    assert (finding.unlisted, finding.deleted_unseen, finding.repaired) == (1, 0, 0)
    assert w.repairs() == []


def test_what_is_closed_to_us_is_not_taken_for_deleted(world: Callable[..., World]) -> None:
    w = world()
    w.truth.forbidden = {"a"}
    w.came("a", ago(5), "pull")

    finding = w.check()

    assert (finding.unlisted, finding.deleted_unseen, finding.unrepaired) == (1, 0, 1)
    assert not finding.is_complete


def test_a_record_that_was_restored_lives_again_though_its_clock_stood_still(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), "")})
    w.came("a", ago(5), "pull")
    w.came("a", ago(5), "webhook", operation="delete")

    assert w.check().stale == 1
    assert w.repairs() == [("a", "upsert")]
    assert w.check().stale == 0


def test_an_empty_list_of_all_that_lives_buries_nobody(world: Callable[..., World]) -> None:
    w = world(Census(is_whole=True))
    for number in range(MASS + 1):
        w.came(f"n{number}", ago(5), "pull")

    finding = w.check()

    assert (finding.unlisted, finding.unrepaired, finding.deleted_unseen) == (MASS + 1, MASS + 1, 0)
    assert w.repairs() == []


def test_a_list_that_an_operator_believes_buries_all_it_leaves_out(world: Callable[..., World]) -> None:
    w = world(Census(is_whole=True))
    for number in range(MASS + 1):
        w.came(f"n{number}", ago(5), "pull")

    assert w.check().unrepaired == MASS + 1
    findings = w.checks(believes_listing=True)

    assert sum(one.deleted_unseen for one in findings) == MASS + 1
    assert all(one.is_complete for one in findings)
    assert len(w.repairs()) == MASS + 1


def test_a_list_of_all_that_lives_buries_the_few_it_leaves_out_however_old(world: Callable[..., World]) -> None:
    w = world(Census(is_whole=True), live={"a": (ago(24 * 900), "")})
    w.came("a", ago(24 * 900), "pull")
    w.came("gone", ago(24 * 800), "pull")

    assert w.check().deleted_unseen == 1
    assert w.repairs() == [("gone", "delete")]


def test_ids_alone_are_enough_to_find_and_fetch_what_is_missing(world: Callable[..., World]) -> None:
    w = world(Census(records=ids_only, fetch=fetch), live={"a": (ago(5), "x"), "b": (ago(4), "")})
    w.came("b", ago(4), "pull")

    finding = w.check()

    assert (finding.missing, finding.repaired, finding.repair_requests) == (1, 1, 1)
    assert w.repairs() == [("a", "upsert")]


def test_a_total_above_what_the_vendor_lists_is_no_completeness(world: Callable[..., World]) -> None:
    w = world(Census(total=lambda reading, window: 3), live={"a": (ago(5), "")})
    w.came("a", ago(5), "pull")

    finding = w.check()

    assert (finding.vendor_total, finding.held, finding.is_complete) == (3, 1, False)
