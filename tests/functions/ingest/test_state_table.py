"""The state table."""

import pytest

from chalicelib.errors import StateContended
from chalicelib.ingest.state_table import Item


def test_reads_back_what_was_written(table):
    written = {"text": "ü", "whole": 12345678901234567, "broken": 1763640000.123, "small": 1e-7, "is_on": True}
    table.swap("a", "b", Item(), {**written, "absent": None})
    assert table.read("a", "b").attributes == written


def test_whoever_decided_on_stale_facts_writes_nothing(table):
    stale = table.read("a", "b")
    assert table.swap("a", "b", stale, {"by": "first"}) is not None
    assert table.swap("a", "b", stale, {"by": "second"}) is None
    assert table.read("a", "b").attributes == {"by": "first"}


def test_a_change_decides_again_on_what_somebody_else_wrote(table):
    def decide(attributes):
        if not attributes:
            table.swap("a", "b", Item(), {"count": 1})
        return {"count": attributes.get("count", 0) + 1}

    assert table.change("a", "b", decide) == {"count": 2}


def test_a_change_may_leave_everything_as_it_is(table):
    assert table.change("a", "b", lambda attributes: None) == {}
    assert table.read("a", "b").revision == 0


def test_a_change_that_never_gets_through_says_so(table):
    def decide(attributes):
        table.swap("a", "b", table.read("a", "b"), {"by": "somebody else"})
        return {"by": "us"}

    with pytest.raises(StateContended, match="'a' / 'b'"):
        table.change("a", "b", decide)


def test_lists_what_lies_under_a_key(table):
    for sk in ("2", "1"):
        table.swap("a", sk, Item(), {"at": sk})
    table.swap("other", "1", Item(), {})
    assert list(table.listed("a")) == ["1", "2"]
