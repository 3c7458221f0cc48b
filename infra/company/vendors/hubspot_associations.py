"""HubSpot's associations v4, read in batches. Records without any are reported as errors beside the results (207)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..crm import Kind, Link, Record, iso_ms
from ..notes import notes
from ..render import hubspot
from .guard import json_body
from .site import Site

_Found = dict[str, list[dict[str, Any]]]


async def associations(request: Request, site: Site) -> Response:
    """Up to 1,000 inputs, each {"id": …}."""
    from_kind, to_kind = (_kind(request.path_params[name]) for name in ("from_type", "to_type"))
    asked = [str(one.get("id")) for one in (await json_body(request)).get("inputs", [])]
    if from_kind is None or to_kind is None or len(asked) > 1000:
        return JSONResponse({"status": "error", "message": "invalid types or too many inputs"}, 400)
    found = _found(site, from_kind, to_kind)
    results = [{"from": {"id": one}, "to": found[one]} for one in asked if one in found]
    told: dict[str, Any] = {"status": "COMPLETE", "results": results}
    told |= {"startedAt": iso_ms(site.now), "completedAt": iso_ms(site.now)}
    if missing := [one for one in asked if one not in found]:
        told |= {"numErrors": len(missing), "errors": [_none_of(one, from_kind, to_kind) for one in missing]}
    return JSONResponse(told, 207 if missing else 200)


def _found(site: Site, from_kind: Kind, to_kind: Kind) -> _Found:
    """What is linked, whichever of the two sides the truth keeps it on."""
    found: _Found = {}
    deals = (pursuit.record for pursuit in site.world.pursuits)
    every = (*site.world.market.companies, *site.world.market.contacts, *deals, *notes(site.world))
    live = {(one.kind, one.id) for one in every if one.is_live(site.now)}
    for record in every:
        for link in record.links if (record.kind, record.id) in live else ():
            if not link.holds(site.now) or (link.to_kind, link.to_id) not in live:
                continue
            if (record.kind, link.to_kind) == (from_kind, to_kind):
                _add(found, record.id, link.to_id, record, link)
            elif (link.to_kind, record.kind) == (from_kind, to_kind):
                _add(found, link.to_id, record.id, record, link)
    return found


def _add(found: _Found, from_id: str, to_id: str, record: Record, link: Link) -> None:
    types = hubspot.labels(record.kind, link)
    found.setdefault(from_id, []).append({"toObjectId": int(to_id), "associationTypes": types})


def _kind(name: str) -> Kind | None:
    """Plural, singular or type id."""
    plural = hubspot.TYPE_IDS.get(name, name)
    return hubspot.PLURALS.get(plural) or next((kind for kind in hubspot.PLURALS.values() if kind == name), None)


def _none_of(record_id: str, from_kind: Kind, to_kind: Kind) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {to_kind} is associated with {from_kind} {record_id}.",
        "context": {"fromObjectId": [record_id], "fromObjectType": [from_kind], "toObjectType": [to_kind]},
    }
