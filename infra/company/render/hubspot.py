"""HubSpot's CRM objects, owners and pipelines, and the events of its webhooks."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from .. import pipeline
from ..crm import Kind, Link, Record, iso_ms
from ..pipeline import LOST, PARTNERS_ID, PIPELINE_ID, REDESIGNED_AT, WON
from ..staff import Employee

PORTAL_ID, APP_ID = 48_211_937, 2_417_731
PLURALS: dict[str, Kind] = {"companies": "company", "contacts": "contact", "deals": "deal", "notes": "note"}
TYPE_IDS = {"0-1": "contacts", "0-2": "companies", "0-3": "deals", "0-46": "notes"}
DEFAULT_PROPERTIES: dict[Kind, tuple[str, ...]] = {
    "company": ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    "contact": ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    "deal": (
        "amount",
        "closedate",
        "createdate",
        "dealname",
        "dealstage",
        "hs_lastmodifieddate",
        "hs_object_id",
        "pipeline",
    ),
    "note": ("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
}
SUBSCRIBED: dict[Kind, tuple[str, ...]] = {
    "company": ("name", "domain"),
    "contact": ("email", "lifecyclestage"),
    "deal": ("dealname", "amount", "dealstage", "closedate", "pipeline", "hubspot_owner_id", "closed_lost_reason"),
}
"""Property changes need a subscription per property: these have one."""
SUBSCRIPTIONS = {
    f"{kind}.{what}": 1_900_000 + 10 * number + position
    for number, kind in enumerate(("company", "contact", "deal"))
    for position, what in enumerate(
        ("creation", "propertyChange", "deletion", "merge", "restore", "associationChange", "privacyDeletion")
    )
}
# (from, to): the ids of HubSpot's own association types, the labelled primary one last.
LABELS: dict[tuple[Kind, Kind], tuple[tuple[int, str | None], ...]] = {
    ("deal", "company"): ((341, None), (5, "Primary")),
    ("deal", "contact"): ((3, None),),
    ("contact", "company"): ((279, None), (1, "Primary")),
    ("note", "company"): ((190, None),),
    ("note", "contact"): ((202, None),),
    ("note", "deal"): ((214, None),),
}


def all_properties(one: Record, at: datetime) -> dict[str, str | None]:
    """What HubSpot knows of a record, computed properties included. Every value is text or null."""
    known: dict[str, str | None] = {name: value or None for name, value in one.properties(at).items()}
    created, modified = _clocks(one.kind)
    known |= {"hs_object_id": one.id, created: iso_ms(one.created_at), modified: iso_ms(one.updated_at(at))}
    if one.kind == "deal":
        stage = pipeline.stage(known["dealstage"] or "", at)
        known["hs_is_closed_won"] = str(stage.id == WON).lower()
        known["hs_is_closed"] = str(stage.is_closed).lower()
        known["hs_is_closed_lost"] = str(stage.id == LOST).lower()
        known["hs_deal_stage_probability"] = str(stage.probability)
        for change in one.changes:
            if change.name == "dealstage" and change.at <= at:
                known[f"hs_v2_date_entered_{change.value}"] = iso_ms(change.at)
    return known


def _clocks(kind: Kind) -> tuple[str, str]:
    """The properties that say when it was made and last modified."""
    created = "hs_createdate" if kind == "note" else "createdate"
    return created, "lastmodifieddate" if kind == "contact" else "hs_lastmodifieddate"


def record(one: Record, at: datetime, asked: Iterable[str] = (), history: Iterable[str] = ()) -> dict[str, Any]:
    """A record with the default properties, or those asked for and the ids that always come."""
    known = all_properties(one, at)
    names = {*asked, "hs_object_id", *_clocks(one.kind)} if asked else set(DEFAULT_PROPERTIES[one.kind])
    told: dict[str, Any] = {
        "id": one.id,
        "properties": {name: known.get(name) for name in sorted(names)},
        "createdAt": iso_ms(one.created_at),
        "updatedAt": iso_ms(one.updated_at(at)),
        "archived": False,
    }
    if archived_at := one.archived_at(at):
        told |= {"archived": True, "archivedAt": iso_ms(archived_at)}
    if history := list(history):
        told["propertiesWithHistory"] = {name: _history(one, name, at) for name in history}
    return told


def _history(one: Record, name: str, at: datetime) -> list[dict[str, Any]]:
    """Newest first, as HubSpot lists it."""
    past = [change for change in one.changes if change.name == name and change.at <= at]
    return [
        {"value": change.value, "timestamp": iso_ms(change.at), "sourceType": "CRM_UI", "sourceId": "userId:1"}
        for change in reversed(past)
    ]


def owner(one: Employee) -> dict[str, Any]:
    return {
        "id": one.owner_id,
        "email": one.email,
        "type": "PERSON",
        "firstName": one.first_name,
        "lastName": one.last_name,
        "userId": one.owner_user_id,
        "createdAt": iso_ms(one.joined_at),
        "updatedAt": iso_ms(one.left_at or one.joined_at),
        "archived": one.left_at is not None,
    }


def pipelines(created_at: datetime, at: datetime) -> list[dict[str, Any]]:
    """Those of deals, as they are set up now: HubSpot tells neither what a stage was before nor which were deleted."""
    edited_at = REDESIGNED_AT if created_at < REDESIGNED_AT <= at else created_at
    return [
        _pipeline(PIPELINE_ID, "Sales Pipeline", pipeline.stages(at), created_at, edited_at),
        _pipeline(PARTNERS_ID, "Partnerships", pipeline.PARTNERS, created_at, created_at),
    ]


def _pipeline(
    id_: str, label: str, stages: Iterable[pipeline.Stage], created_at: datetime, edited_at: datetime
) -> dict[str, Any]:
    stamp = {"createdAt": iso_ms(created_at), "updatedAt": iso_ms(edited_at), "archived": False}
    told = [
        {
            "id": stage.id,
            "label": stage.label,
            "displayOrder": order,
            "metadata": {"isClosed": str(stage.is_closed).lower(), "probability": str(stage.probability)},
            **stamp,
        }
        for order, stage in enumerate(stages)
    ]
    return {"id": id_, "label": label, "displayOrder": 0, "stages": told, **stamp}


def labels(from_kind: Kind, link: Link) -> list[dict[str, Any]]:
    """The association types between two records, as the v4 API lists them."""
    types = LABELS[from_kind, link.to_kind]
    held = types if link.is_primary else types[:1]
    return [{"category": "HUBSPOT_DEFINED", "typeId": number, "label": label} for number, label in held]


def event(one: Record, what: str, at: datetime, event_id: int, **extra: Any) -> dict[str, Any]:
    """One element of a webhook's array. Instants are epoch milliseconds."""
    kind = f"{one.kind}.{what}"
    about = {} if what == "associationChange" else {"objectId": int(one.id)}
    return {
        "eventId": event_id,
        "subscriptionId": SUBSCRIPTIONS[kind],
        "portalId": PORTAL_ID,
        "appId": APP_ID,
        "occurredAt": int(at.timestamp() * 1000),
        "subscriptionType": kind,
        "attemptNumber": 0,
        **about,
        **extra,
    }


def property_value(name: str, value: str) -> str:
    """As a webhook spells it: dates are epoch milliseconds there, ISO 8601 in the CRM API."""
    if name.endswith("date") and value:
        return str(int(datetime.fromisoformat(value).timestamp() * 1000))
    return value
