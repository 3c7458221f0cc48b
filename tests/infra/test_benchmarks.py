"""The page of benchmarks: a part measured anew leaves what the other parts said."""

from datetime import UTC, datetime

from infra.benchmarks.page import Row, page, section

MONDAY, FRIDAY = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 6, tzinfo=UTC)
ORDER = ["Receive", "Land"]


def measured(title: str, value: float, at: datetime) -> dict[str, str]:
    return {title: section(title, "What it means.", [Row("Speed", "s", (value,), "< 5", value < 5)], at)}


def test_a_part_measured_anew_replaces_its_own_section_alone() -> None:
    first = page("", measured("Land", 1, MONDAY) | measured("Receive", 2, MONDAY), ORDER)
    again = page(first, measured("Receive", 7, FRIDAY), ORDER)
    assert again.index("## Receive") < again.index("## Land")
    assert again.count("Measured on 2026-03-02") == again.count("Measured on 2026-03-06") == 1
    assert "| Speed | 1.00 s |  | < 5 | met |" in again
    assert "| Speed | 7.00 s |  | < 5 | **missed** |" in again
    assert "2.00 s" not in again


def test_writing_the_same_page_again_changes_nothing() -> None:
    sections = measured("Receive", 2, MONDAY) | measured("Land", 1, MONDAY)
    once = page("", sections, ORDER)
    assert page(once, {}, ORDER) == once
