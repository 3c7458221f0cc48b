"""HubSpot's search: filters, one sort, pages by offset, and the cap beyond which it answers 400."""

from datetime import datetime
from typing import Any

from ..crm import Record
from ..render import hubspot


class Refused(Exception):
    """A search HubSpot does not run."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def search(records: list[Record], asked: dict[str, Any], now: datetime, cap: int, is_empty: bool) -> dict[str, Any]:
    """The answer: total, results, paging. Records without an explicit sort come in the order of their ids.

    Raises Refused for more than 5 filter groups, more than one sort, a page over 200, or an offset past the cap.
    """
    groups, sorts = asked.get("filterGroups") or [], asked.get("sorts") or []
    limit, after = int(asked.get("limit") or 10), int(asked.get("after") or 0)
    if len(groups) > 5 or len(sorts) > 1 or limit > 200:
        raise Refused("at most 5 filterGroups, 1 sort and a limit of 200")
    if after + limit > cap:
        raise Refused(f"The search offset may not exceed {cap}: after {after} + limit {limit}")
    known = [(one, hubspot.all_properties(one, now)) for one in records]
    found = [pair for pair in known if not groups or any(_fits(pair[1], group["filters"]) for group in groups)]
    if sorts:
        by = sorts[0] if isinstance(sorts[0], dict) else {"propertyName": sorts[0]}
        found.sort(key=lambda pair: _comparable(pair[1].get(by["propertyName"])))
        if by.get("direction") == "DESCENDING":
            found.reverse()
    end = after if is_empty else after + limit
    told = [hubspot.record(one, now, asked.get("properties") or []) for one, _ in found[after:end]]
    answer: dict[str, Any] = {"total": len(found), "results": told}
    if end < len(found):
        answer["paging"] = {"next": {"after": str(end)}}
    return answer


def _fits(properties: dict[str, str | None], filters: list[dict[str, Any]]) -> bool:
    return all(_holds(properties.get(one["propertyName"]), one) for one in filters)


def _holds(held: str | None, test: dict[str, Any]) -> bool:
    operator = test["operator"]
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return (held is not None) == (operator == "HAS_PROPERTY")
    if held is None:
        return operator in ("NEQ", "NOT_IN")
    if operator in ("IN", "NOT_IN"):
        return (held in test["values"]) == (operator == "IN")
    value, bound = _comparable(held), _comparable(test["value"])
    if bound == (0, 0.0):
        raise Refused("internal error", 500)  # estuary/connectors found that epoch 0 as a bound is answered with 500
    match operator:
        case "EQ":
            return value == bound
        case "NEQ":
            return value != bound
        case "LT":
            return value < bound
        case "LTE":
            return value <= bound
        case "GT":
            return value > bound
        case "GTE":
            return value >= bound
        case "BETWEEN":
            return bound <= value <= _comparable(test["highValue"])
    raise Refused(f"unknown operator {operator!r}")


def _comparable(text: Any) -> tuple[int, float | str]:
    """Numbers and instants compare as numbers, an instant as its milliseconds, in either spelling."""
    if text is None:
        return (-1, 0.0)
    try:
        return (0, float(text))
    except ValueError:
        pass
    try:
        return (0, float(round(datetime.fromisoformat(str(text)).timestamp() * 1000)))
    except ValueError:
        return (1, str(text))
