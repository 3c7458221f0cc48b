"""As much of GraphQL as a client of Linear needs: operations with variables, selections, arguments; and what they cost.

Cost: linear.app/developers, "Rate limiting": 0.1 a property, 1 an object, a connection times its `first`.
"""

import re
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(r'\s*([A-Za-z_]\w*|\$\w+|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|[{}():!\[\],=])')
_LITERALS = {"true": True, "false": False, "null": None}
MOST_POINTS = 10_000


class Invalid(Exception):
    """The query is no GraphQL, or asks for what there is not."""


@dataclass
class Field:
    """One selected field. Arguments are filled in with the variables."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    fields: "list[Field]" = field(default_factory=list)

    def sub(self, name: str) -> "Field | None":
        return next((one for one in self.fields if one.name == name), None)


def parse(query: str, variables: dict[str, Any]) -> tuple[str, list[Field]]:
    """The kind of the operation, query or mutation, and its root fields. Raises Invalid."""
    tokens, position = [], 0
    while position < len(query.rstrip()):
        match = _TOKEN.match(query, position)
        if not match:
            raise Invalid(f"Syntax Error: Unexpected character at {position}")
        tokens.append(match.group(1))
        position = match.end()
    reader = _Reader(tokens, variables)
    kind = reader.take() if reader.peek() != "{" else "query"
    if kind not in ("query", "mutation"):
        raise Invalid(f'Syntax Error: Unexpected Name "{kind}".')
    while reader.peek() != "{":
        if reader.take() == "(":
            reader.skip_definitions()
    return kind, reader.selection()


class _Reader:
    def __init__(self, tokens: list[str], variables: dict[str, Any]) -> None:
        self._tokens, self._variables = tokens, variables

    def peek(self) -> str:
        if not self._tokens:
            raise Invalid("Syntax Error: Expected Name, found <EOF>.")
        return self._tokens[0]

    def take(self, wanted: str | None = None) -> str:
        told = self.peek()
        if wanted and told != wanted:
            raise Invalid(f'Syntax Error: Expected "{wanted}", found "{told}".')
        return self._tokens.pop(0)

    def skip_definitions(self) -> None:
        while self.take() != ")":
            pass

    def selection(self) -> list[Field]:
        self.take("{")
        found = []
        while self.peek() != "}":
            one = Field(self.take())
            if self.peek() == "(":
                one.arguments = self._arguments()
            if self.peek() == "{":
                one.fields = self.selection()
            found.append(one)
        self.take("}")
        return found

    def _arguments(self) -> dict[str, Any]:
        self.take("(")
        found = {}
        while self.peek() != ")":
            if self.peek() == ",":
                self.take()
                continue
            name = self.take()
            self.take(":")
            found[name] = self._value()
        self.take(")")
        return found

    def _value(self) -> Any:
        told = self.take()
        if told.startswith("$"):
            return self._variables.get(told[1:])
        if told.startswith('"'):
            return told[1:-1]
        if told.lstrip("-").replace(".", "").isdigit():
            return float(told) if "." in told else int(told)
        return _LITERALS.get(told, told)


def points(one: Field) -> float:
    """What a field costs, with all that is in it."""
    if not one.fields:
        return 0.1
    inside = sum(points(each) for each in one.fields)
    is_connection = one.sub("nodes") is not None
    return 1 + inside * (int(one.arguments.get("first") or 50) if is_connection else 1)


def shown(record: dict[str, Any], fields: list[Field], kind: str) -> dict[str, Any]:
    """The fields asked for. Raises Invalid for one the type has not, and for an object without a selection."""
    found: dict[str, Any] = {}
    for one in fields:
        if one.name not in record:
            raise Invalid(f'Cannot query field "{one.name}" on type "{kind}".')
        value = record[one.name]
        if isinstance(value, dict) and not one.fields:
            raise Invalid(f'Field "{one.name}" of type "{one.name}" must have a selection of subfields.')
        if isinstance(value, dict) and "nodes" in value:
            nodes = one.sub("nodes")
            first = int(one.arguments.get("first") or 50)
            wanted = nodes.fields if nodes else []
            found[one.name] = {"nodes": [shown(each, wanted, one.name) for each in value["nodes"][:first]]}
        elif isinstance(value, dict):
            found[one.name] = shown(value, one.fields, one.name)
        else:
            found[one.name] = value
    return found
