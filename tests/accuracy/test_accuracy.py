"""How tests that ran become rows of docs/accuracy.md."""

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from tests.accuracy import comparisons, measures, page

RAN = """
<testsuites><testsuite>
<testcase classname="tests.dbt_project.test_truth_arr" name="test_money[seed7]"/>
<testcase classname="tests.dbt_project.test_truth_arr" name="test_money_of_a_day[seed7-17]">
  <failure>1 != 2</failure></testcase>
<testcase classname="tests.dbt_project.test_truth_arr" name="test_units[seed7]"><skipped/></testcase>
<testcase classname="tests.dbt_project.test_truth_calls" name="test_mentions[seed7]">
  <properties><property name="mention_recall" value="0.97"/></properties></testcase>
<testcase classname="tests.dbt_project.test_truth_calls" name="test_mentions[seed8]">
  <properties><property name="mention_recall" value="0.93"/></properties><failure>too few</failure></testcase>
<testcase classname="tests.dbt_project.test_truth_metrics" name="test_changes">
  <properties><property name="anomaly_recall" value="1.0"/><property name="anomaly_recall" value="0.9"/></properties>
</testcase>
</testsuite></testsuites>
"""


@pytest.fixture
def outcome() -> comparisons.Outcome:
    return comparisons.read(ElementTree.fromstring(RAN))


def test_what_ran_on_a_company_and_measured_nothing_is_an_exact_comparison(outcome: comparisons.Outcome) -> None:
    assert list(outcome.compared) == [7]
    assert outcome.compared[7].passed == 1
    assert outcome.compared[7].failed == {"test_truth_arr::test_money_of_a_day[seed7-17]": "1 != 2"}
    assert list(outcome.failed_elsewhere) == ["test_truth_calls::test_mentions[seed8]"]


def test_a_measure_is_of_the_seeds_asked_for_or_of_none(outcome: comparisons.Outcome) -> None:
    assert outcome.values([7]) == {"mention_recall": [0.97], "anomaly_recall": [1.0, 0.9]}
    assert outcome.values([7, 8])["mention_recall"] == [0.97, 0.93]


def test_a_missed_target_never_reads_as_met() -> None:
    told = page.cells(measures.row("mention_recall", [0.94997]))
    assert (told["number"], told["target"], told["verdict"]) == ("0.949970", "≥ 0.95", "missed")
    assert page.cells(measures.row("false_alarms", [1.0]))["verdict"] == "met"
    assert page.cells(measures.row("health_auc", [0.6]))["verdict"] == ""


def test_the_page_names_seeds_misses_and_failures(outcome: comparisons.Outcome) -> None:
    rows = [measures.row("mention_recall", [0.97, 0.91])]
    text = page.page(
        page.Measured(rows, outcome, "", reported=[7, 8], others=[9], are_drawn=True), datetime(2026, 1, 2, tzinfo=UTC)
    )
    assert "seeds 7 and 8" in text and "seeds 9, drawn at random" in text
    assert "| 0.940 | 0.910 to 0.970 | ≥ 0.95 | **missed** |" in text
    assert "| 7 | 2 | 1 | `test_truth_arr::test_money_of_a_day[seed7-17]` |" in text
    assert "`test_truth_calls::test_mentions[seed8]`" in text
