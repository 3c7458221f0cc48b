"""The state table: small items that several processes change at once, safely.

Every item carries a revision, and a write names the revision it read: whoever decided on stale facts writes nothing.
Buckets, breakers and leases are pure functions on top of that one rule.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import StateContended

_TRIES = 20
"""Losing a write means that somebody else's went through; so many in a row means something is stuck."""

Value = str | int | float | bool


@dataclass(frozen=True)
class Item:
    """What an item held when it was read. Revision 0 is an item that is absent, or was written by hand."""

    attributes: Mapping[str, Value] = field(default_factory=dict)
    revision: int = 0


class StateTable:
    """client is a boto3 DynamoDB client."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def read(self, pk: str, sk: str) -> Item:
        """The item as of now, an empty one where there is none."""
        answer = self._client.get_item(TableName=self._name, Key=_key(pk, sk), ConsistentRead=True)
        return _item(answer.get("Item", {}))

    def swap(self, pk: str, sk: str, seen: Item, attributes: Mapping[str, Value | None]) -> Item | None:
        """The item as written, or None when somebody wrote since `seen`. Attributes that are None are left out."""
        kept = {name: value for name, value in attributes.items() if value is not None}
        revision = seen.revision + 1
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(revision)"}
        if seen.revision:
            condition = {
                "ConditionExpression": "revision = :seen",
                "ExpressionAttributeValues": {":seen": {"N": str(seen.revision)}},
            }
        item = {name: _typed(value) for name, value in kept.items()} | _key(pk, sk) | {"revision": _typed(revision)}
        try:
            self._client.put_item(TableName=self._name, Item=item, **condition)
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return Item(kept, revision)

    def change(
        self, pk: str, sk: str, decide: Callable[[Mapping[str, Value]], Mapping[str, Value | None] | None]
    ) -> Mapping[str, Value]:
        """The item after `decide`, which sees the newest attributes and answers the new ones, or None to leave them.

        decide runs again when somebody else was faster. Raises StateContended when that never ends.
        """
        for _ in range(_TRIES):
            seen = self.read(pk, sk)
            wanted = decide(seen.attributes)
            if wanted is None:
                return seen.attributes
            if written := self.swap(pk, sk, seen, wanted):
                return written.attributes
        raise StateContended(f"{pk!r} / {sk!r} changed {_TRIES} times while we tried to write it: try again later")

    def listed(self, pk: str) -> dict[str, Item]:
        """Every item under pk by its sort key, in order."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ConsistentRead=True,
        )
        return {item["sk"]["S"]: _item(item) for page in pages for item in page["Items"]}


def _key(pk: str, sk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _typed(value: Value) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"S": value} if isinstance(value, str) else {"N": repr(value)}


def _item(raw: Mapping[str, Mapping[str, Any]]) -> Item:
    attributes = {name: _plain(typed) for name, typed in raw.items() if name not in ("pk", "sk", "revision")}
    return Item(attributes, int(raw["revision"]["N"]) if "revision" in raw else 0)


def _plain(typed: Mapping[str, Any]) -> Value:
    ((kind, value),) = typed.items()
    if kind != "N":
        return value
    return float(value) if "." in value or "e" in value.lower() else int(value)
