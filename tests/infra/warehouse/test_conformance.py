"""Does the local warehouse answer what Snowflake would? Each query is checked by value and by type.

A ratchet: a case that differs and is not in KNOWN fails, and so does a case in KNOWN that has become exact.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import snowflake.connector

from tests.infra.warehouse.conformance_cases import GROUPS, KNOWN, RAISES, UNCHECKED
from tests.infra.warehouse.conftest import Client

CASES = [(group, sql, expected) for group, (_, cases) in GROUPS.items() for sql, expected in cases]


@pytest.fixture(scope="module")
def prepared(client_of: Callable[[str], Client]) -> Iterator[Client]:
    client = client_of("CONFORMANCE")
    for setup, _ in GROUPS.values():
        client.run(*setup)
    yield client
    client.close()


@pytest.mark.parametrize(("group", "sql", "expected"), CASES)
def test_answers_as_snowflake_does(prepared: Client, group: str, sql: str, expected: Any) -> None:
    outcome, returned = judge(prepared, sql, expected)

    reason = next((why for part, why in KNOWN.items() if part in sql), None)
    if reason is None:
        assert outcome == "exact", f"{outcome}: {returned}"
    else:
        assert outcome != "exact", f"no longer differs ({reason}): take it out of KNOWN"


@pytest.mark.parametrize("part", KNOWN)
def test_every_known_difference_is_that_of_a_case(part: str) -> None:
    assert any(part in sql for _, sql, _ in CASES)


def judge(client: Client, sql: str, expected: Any) -> tuple[str, Any]:
    """exact, type_differs (the same value, e.g. a float for a Decimal), wrong or error; and what was returned."""
    try:
        rows = [tuple(row) for row in client.rows(sql)]
    except snowflake.connector.errors.Error as error:
        return ("exact" if expected == RAISES else "error"), " ".join(str(error).split())[:300]
    if expected == UNCHECKED:
        return "exact", rows
    if expected == RAISES:
        return "wrong", rows
    if rows == expected and types_of(rows) == types_of(expected):
        return "exact", rows
    return ("type_differs" if plain(rows) == plain(expected) else "wrong"), rows


def types_of(rows: list[tuple[Any, ...]]) -> list[list[type]]:
    return [[type(value) for value in row] for row in rows]


def plain(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows with every number as a rounded float, to tell a wrong value from a wrong type."""

    def number(value: Any) -> Any:
        is_number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
        return round(float(value), 6) if is_number else value

    return [tuple(number(value) for value in row) for row in rows]
