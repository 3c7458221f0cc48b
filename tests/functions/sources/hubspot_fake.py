"""HubSpot's CRM API that is a list of rows, for the tests of what we pull of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from vendor_fake import answer

from chalicelib.ingest.pages import Request
from chalicelib.ingest.vendor_http import Response


class Crm:
    """HubSpot's API over rows of (id, modified ms): search with its cap, listings, associations in two pages."""

    def __init__(self, rows: list[tuple[int, int]], property_name: str = "hs_lastmodifieddate") -> None:
        self.rows, self.property_name = sorted(rows, key=lambda row: row[1]), property_name
        self.held = {str(number): (number, at) for number, at in rows}
        self.found: dict[str, list[tuple[int, int]]] = {}

    def add(self, row: tuple[int, int]) -> None:
        self.rows.append(row)
        self.held[str(row[0])] = row
        self.found.clear()

    def record(self, row: tuple[int, int]) -> dict[str, Any]:
        modified = iso(row[1])
        return {"id": str(row[0]), "properties": {self.property_name: modified}, "updatedAt": modified}

    def __call__(self, request: Request) -> Response:
        if request.path.endswith("/search"):
            return self.search(dict(request.json or {}))
        if "/associations/" in request.path:
            return self.associations(dict(request.json or {}))
        if request.path.endswith("/batch/read"):
            return self.batch(dict(request.json or {}))
        assert request.path == "crm/v3/objects/deals", request.path
        return self.shown(self.rows, int(request.params.get("after") or 0), 100)

    def batch(self, asked: dict[str, Any]) -> Response:
        assert len(asked["inputs"]) <= 50 and asked["propertiesWithHistory"]
        wanted = {one["id"]: None for one in asked["inputs"]}
        return answer({"results": [self.record(self.held[one]) for one in wanted if one in self.held]})

    def search(self, asked: dict[str, Any]) -> Response:
        question = json.dumps([asked["filterGroups"], asked["sorts"]])
        if question not in self.found:
            self.found[question] = self.matching(asked)
        found = self.found[question]
        offset, limit = int(asked.get("after", 0)), asked["limit"]
        if offset + limit > 10_000 or limit > 200:
            return answer({"message": "past 10000"}, 400)
        return self.shown(found, offset, limit)

    def matching(self, asked: dict[str, Any]) -> list[tuple[int, int]]:
        (group,), (sort,), found = asked["filterGroups"], asked["sorts"], self.rows
        for one in group["filters"]:
            value, place = int(one["value"]), 0 if one["propertyName"] == "hs_object_id" else 1
            least, most = {
                "BETWEEN": (value, int(one.get("highValue", 0))),
                "EQ": (value, value),
                "GT": (value + 1, None),
            }[one["operator"]]
            found = [row for row in found if least <= row[place] <= (row[place] if most is None else most)]
        return sorted(found) if sort["propertyName"] == "hs_object_id" else found

    def shown(self, found: list[tuple[int, int]], offset: int, limit: int) -> Response:
        page = {"results": [self.record(row) for row in found[offset : offset + limit]]}
        if offset + limit < len(found):
            page["paging"] = {"next": {"after": str(offset + limit)}}  # type: ignore[assignment]
        return answer(page)

    def associations(self, asked: dict[str, Any]) -> Response:
        assert len(asked["inputs"]) <= 100
        results = []
        for one in asked["inputs"]:
            number = int(one["id"]) * 1000 + (1 if one.get("after") else 0)
            kind = {"category": "HUBSPOT_DEFINED", "typeId": 341, "label": None}
            told: dict[str, Any] = {
                "from": {"id": one["id"]},
                "to": [{"toObjectId": number, "associationTypes": [kind]}],
            }
            if not one.get("after"):
                told["paging"] = {"next": {"after": "more"}}
            results.append(told)
        return answer({"status": "COMPLETE", "results": results, "errors": [{"category": "OBJECT_NOT_FOUND"}]}, 207)


def iso(ms: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")


def ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
