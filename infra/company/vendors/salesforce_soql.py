"""SOQL as far as one object goes: SELECT … FROM … WHERE … ORDER BY … LIMIT …, over rows that are dictionaries.

developer.salesforce.com, SOQL and SOSL Reference, "SELECT". AND and OR may not be mixed without parentheses.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Row = Mapping[str, Any]
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))|(?P<date>\d{4}-\d\d-\d\d)"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_]\w*)|(?P<sign><=|>=|!=|<>|[=<>(),]))"
)
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left is not None and left < right,
    ">": lambda left, right: left is not None and left > right,
    "<=": lambda left, right: left is not None and left <= right,
    ">=": lambda left, right: left is not None and left >= right,
}


class SoqlRefused(Exception):
    """code is Salesforce's errorCode."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Query:
    """fields is empty for COUNT()."""

    object: str
    fields: Sequence[str]
    admits: Callable[[Row], bool]
    order: Sequence[tuple[str, bool]]
    limit: int | None
    asked: frozenset[str]

    def answer(self, rows: Sequence[Row], known: frozenset[str]) -> list[Row]:
        """The rows it selects, in order. known are the object's fields."""
        for name in (*self.fields, *(name for name, _ in self.order), *sorted(self.asked)):
            if name not in known:
                raise SoqlRefused("INVALID_FIELD", f"No such column '{name}' on entity '{self.object}'.")
        found = [row for row in rows if self.admits(row)]
        for name, is_descending in reversed(self.order):
            found.sort(key=lambda row: (row[name] is not None, row[name]), reverse=is_descending)
        return found[: self.limit]


def parse(soql: str) -> Query:
    """Raises SoqlRefused."""
    return _Parser(soql).query()


class _Parser:
    def __init__(self, soql: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.asked: set[str] = set()
        at, end = 0, len(soql.rstrip())
        while at < end:
            found = _TOKEN.match(soql, at)
            if not found:
                raise SoqlRefused("MALFORMED_QUERY", f"unexpected token: {soql[at : at + 20]!r}")
            self.tokens.append((found.lastgroup or "", found.group(found.lastgroup or 0)))
            at = found.end()
        self.tokens.append(("end", ""))
        self.place = 0

    def query(self) -> Query:
        self.need("SELECT")
        fields = [] if self.has("COUNT") else [self.word()]
        if not fields:
            self.need("(")
            self.need(")")
        while self.has(","):
            fields.append(self.word())
        self.need("FROM")
        name = self.word()
        admits = self.condition() if self.has("WHERE") else lambda row: True
        order = []
        if self.has("ORDER"):
            self.need("BY")
            order.append(self.ordering())
            while self.has(","):
                order.append(self.ordering())
        limit = int(self.next()[1]) if self.has("LIMIT") else None
        if self.tokens[self.place][0] != "end":
            raise SoqlRefused("MALFORMED_QUERY", f"unexpected token: {self.tokens[self.place][1]!r}")
        return Query(name, fields, admits, order, limit, frozenset(self.asked))

    def ordering(self) -> tuple[str, bool]:
        name = self.word()
        is_descending = self.has("DESC")
        if not is_descending:
            self.has("ASC")
        return name, is_descending

    def condition(self) -> Callable[[Row], bool]:
        parts, joined = [self.comparison()], ""
        while (word := self.tokens[self.place][1].upper()) in ("AND", "OR"):
            if joined and joined != word:
                raise SoqlRefused("MALFORMED_QUERY", f"unexpected token: {word!r}")
            joined, self.place = word, self.place + 1
            parts.append(self.comparison())
        every = any if joined == "OR" else all
        return lambda row: every(part(row) for part in parts)

    def comparison(self) -> Callable[[Row], bool]:
        if self.has("("):
            inner = self.condition()
            self.need(")")
            return inner
        if self.has("NOT"):
            negated = self.comparison()
            return lambda row: not negated(row)
        name = self.word()
        self.asked.add(name)
        if self.has("IN"):
            self.need("(")
            wanted = [self.literal()]
            while self.has(","):
                wanted.append(self.literal())
            self.need(")")
            return lambda row: row.get(name) in wanted
        compare, right = _COMPARE.get(self.next()[1]), self.literal()
        if compare is None:
            raise SoqlRefused("MALFORMED_QUERY", f"unexpected operator after {name!r}")
        return lambda row: compare(row.get(name), right)

    def literal(self) -> Any:
        kind, told = self.next()
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", told[1:-1])
        if kind == "time":
            return datetime.fromisoformat(told)
        if kind == "number":
            return float(told)
        constants = {"true": True, "false": False, "null": None}
        if kind == "word" and told.lower() in constants:
            return constants[told.lower()]
        if kind == "date":
            return told
        raise SoqlRefused("MALFORMED_QUERY", f"unexpected token: {told!r}")

    def next(self) -> tuple[str, str]:
        self.place += 1
        return self.tokens[self.place - 1]

    def word(self) -> str:
        kind, told = self.next()
        if kind != "word":
            raise SoqlRefused("MALFORMED_QUERY", f"unexpected token: {told!r}")
        return told

    def has(self, wanted: str) -> bool:
        is_there = self.tokens[self.place][1].upper() == wanted
        self.place += is_there
        return is_there

    def need(self, wanted: str) -> None:
        if not self.has(wanted):
            raise SoqlRefused("MALFORMED_QUERY", f"expecting {wanted!r}, found {self.tokens[self.place][1]!r}")
