"""Whether a run goes on."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.intelligence.judge import Verdict, judge
from chalicelib.intelligence.leases import JobRecord
from events.gpu_job import Heartbeat
from gpu_jobs.dispatch import Failed, Finished, Running
from tests.gpu_jobs.places.place_fakes import NOON, lease

RECORD = JobRecord("job1").leased(lease(reserved_usd=4.0))
WITH_HANDLE = JobRecord(**{**vars(RECORD), "handle": "h"})


def beat(minute: float, verdict: Any = "working") -> Heartbeat:
    at = NOON + timedelta(minutes=minute)
    return Heartbeat(job_id="job1", worker="w", at=at, shards_done=0, verdict=verdict, reason="why")


@pytest.mark.parametrize(
    ("minute", "state", "told", "ended", "reason"),
    [
        (1, Running(is_up=False), None, "no", None),
        (14, Running(), None, "no", None),
        (16, Running(), None, "badly", "never_came_up"),
        (20, Running(), beat(19), "no", None),
        (20, Running(), beat(16), "badly", "silent"),
        (20, None, beat(19), "no", None),  # the place does not answer, the worker does
        (20, None, None, "badly", "never_came_up"),
        (10, Running(), beat(-1), "no", None),  # of an earlier attempt
        (10, Running(), beat(-1, "failed"), "no", None),
        (10, Running(), beat(9, "failed"), "badly", "worker_failed: why"),
        (10, Running(), beat(9, "bad_host"), "badly", "bad_host: why"),
        (10, Running(), beat(9, "finished"), "badly", "finished_without_results"),
        (10, Finished(), beat(9), "badly", "finished_without_results"),
        (10, Failed("preempted", True, "it is"), beat(9), "badly", "preempted: it is"),
        (30, Running(), beat(29.9), "badly", "lease_ended"),
    ],
)
def test_what_place_and_heartbeat_say_decides(minute: float, state: Any, told: Any, ended: str, reason: str) -> None:
    now = NOON + timedelta(minutes=minute)
    verdict = judge(WITH_HANDLE, state, told, is_done=False, spent_usd=1.0, now=now)
    assert (verdict.ended, verdict.reason) == (ended, reason)


def test_all_markers_are_worth_more_than_any_word() -> None:
    late = NOON + timedelta(hours=9)
    assert judge(WITH_HANDLE, Failed("gone", True), None, is_done=True, spent_usd=9.0, now=late) == Verdict("well")


def test_what_costs_more_than_was_held_back_ends() -> None:
    now = NOON + timedelta(minutes=5)
    assert judge(WITH_HANDLE, Running(), beat(4), is_done=False, spent_usd=4.1, now=now).reason == "over_its_budget"


def test_a_start_nobody_has_heard_of_is_given_five_minutes() -> None:
    for minute, ended in ((4, "no"), (6, "badly")):
        now = NOON + timedelta(minutes=minute)
        assert judge(RECORD, None, None, is_done=False, spent_usd=0.0, now=now).ended == ended


def test_only_broken_machines_count_against_their_place_and_only_what_fails_everywhere_is_hopeless() -> None:
    now = NOON + timedelta(minutes=10)

    def told(state: Any, said: Any = None) -> Verdict:
        return judge(WITH_HANDLE, state, said, is_done=False, spent_usd=0.0, now=now)

    assert told(Failed("unhealthy", True)).is_place_at_fault and told(Running(), beat(9, "bad_host")).is_place_at_fault
    assert not told(Failed("preempted", True)).is_place_at_fault
    assert told(Failed("refused", False)).is_hopeless and not told(Failed("preempted", True)).is_hopeless
