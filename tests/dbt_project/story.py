"""A small story told in events: every odd thing the models must get right, small enough to reckon by hand.

Deal 1 is won; deal 2 is lost and opened again; deal 3 is deleted; deal 4 is in another currency; company 11 is merged
into 10; a contact is deleted and restored; a message is edited, another deleted; a channel is renamed and archived; an
issue is deleted without its clock moving; a call is heard of in both lanes, and names a competitor.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from events.envelope import event_id

AS_OF = "2026-03-20 17:00:00"
LANDED_AT = datetime(2026, 3, 20, 8)


@dataclass(frozen=True)
class Told:
    """One event; instants are UTC text. What the vendor's clock says, and when it reached us, may differ by days."""

    source: str
    stream: str
    entity_id: str
    operation: str
    source_updated_at: str | None
    payload: dict[str, Any] = field(hash=False)
    received_at: str = ""
    lane: str = "webhook"
    source_version: str | None = None
    connection_id: str = "main"

    @property
    def event_id(self) -> str:
        about = (self.stream, self.entity_id, self.operation, str(self.source_updated_at), str(self.payload))
        return event_id(self.source, self.connection_id, *about)


def _at(day: str) -> str:
    """`03-04 17:30` of 2026, with seconds."""
    return f"2026-{day}:00"


def _iso(day: str) -> str:
    return _at(day).replace(" ", "T") + "Z"


def _deal(deal_id: str, day: str, **properties: Any) -> Told:
    """A deal as a pull lists it."""
    told = {"pipeline": "default", "deal_currency_code": "USD", "createdate": _iso("02-20 17:00"), **properties}
    payload = {"id": deal_id, "properties": told}
    return Told("hubspot", "deal", deal_id, "upsert", _at(day), payload, _at(day), "pull")


def _change(deal_id: str, day: str, name: str, value: str, received: str = "") -> Told:
    payload = {"subscriptionType": "deal.propertyChange", "propertyName": name, "propertyValue": value}
    return Told("hubspot", "deal", deal_id, "partial", _at(day), payload, _at(received or day))


def _stage(stage_id: str, probability: str, is_closed: str) -> dict[str, Any]:
    return {"id": stage_id, "label": stage_id, "metadata": {"isClosed": is_closed, "probability": probability}}


_PIPELINE = {
    "id": "default",
    "label": "Sales",
    "stages": [
        _stage("new", "0.2", "false"),
        _stage("proposal", "0.5", "false"),
        _stage("closedwon", "1.0", "true"),
        _stage("closedlost", "0.0", "true"),
    ],
}
HUBSPOT = [
    Told("hubspot", "deal_pipeline", "default", "upsert", _at("01-01 00:00"), _PIPELINE, _at("02-20 18:00"), "pull"),
    _deal("1", "03-01 17:00", dealname="One", amount="100", dealstage="new", closedate=_iso("03-31 07:00")),
    _change("1", "03-02 17:00", "amount", "110", received="03-15 17:00"),  # two weeks late
    _change("1", "03-03 17:00", "dealstage", "proposal"),
    _change("1", "03-04 17:00", "amount", "120"),
    _change("1", "03-10 17:00", "closedate", "1773162000000"),
    _change("1", "03-10 17:00", "dealstage", "closedwon"),
    _deal("1", "03-10 17:00", dealname="One", amount="120", dealstage="closedwon", closedate=_iso("03-10 17:00")),
    _deal("2", "02-25 17:00", dealname="Two", amount="200", dealstage="new", closedate=_iso("04-10 07:00")),
    _change("2", "03-02 17:00", "dealstage", "closedlost"),
    _change("2", "03-06 17:00", "dealstage", "proposal"),
    _deal("3", "02-26 17:00", dealname="Three", amount="1000", dealstage="new", closedate=_iso("04-10 07:00")),
    Told(
        "hubspot", "deal", "3", "delete", _at("03-08 17:00"), {"subscriptionType": "deal.deletion"}, _at("03-08 17:01")
    ),
    _deal("4", "03-09 17:00", dealname="Four", amount="70", dealstage="closedwon", deal_currency_code="EUR"),
    Told(
        "hubspot",
        "company",
        "10",
        "upsert",
        _at("03-01 17:00"),
        {"properties": {"name": "Alder", "domain": "alder.example"}},
        _at("03-01 17:05"),
        "pull",
    ),
    Told(
        "hubspot",
        "company",
        "11",
        "upsert",
        _at("03-02 17:00"),
        {"properties": {"name": "ALDER LLC"}},
        _at("03-02 17:05"),
        "pull",
    ),
    Told(
        "hubspot",
        "company",
        "10",
        "partial",
        _at("03-05 17:00"),
        {"primaryObjectId": 10, "mergedObjectIds": [11]},
        _at("03-05 17:01"),
    ),
    Told(
        "hubspot",
        "association",
        "deal:1:company:11:deal_to_company",
        "upsert",
        _at("03-02 18:00"),
        {},
        _at("03-02 18:01"),
    ),
    Told(
        "hubspot",
        "contact",
        "20",
        "upsert",
        _at("03-01 17:00"),
        {"properties": {"email": "Ann@alder.example"}},
        _at("03-01 17:05"),
        "pull",
    ),
    Told("hubspot", "contact", "20", "delete", _at("03-05 17:00"), {}, _at("03-05 17:01")),
    Told(
        "hubspot",
        "contact",
        "20",
        "partial",
        _at("03-06 17:00"),
        {"subscriptionType": "contact.restore"},
        _at("03-06 17:01"),
    ),
]

_METADATA = {"id": "700", "title": "Alder and us", "started": _iso("03-09 18:00"), "duration": 1800}
_CALL = {
    "metaData": _METADATA,
    "context": [
        {
            "system": "HubSpot",
            "objects": [{"objectType": "Account", "objectId": "11"}, {"objectType": "Opportunity", "objectId": "1"}],
        }
    ],
    "parties": [
        {"id": "p1", "speakerId": "s1", "affiliation": "Internal", "name": "Rep"},
        {"id": "p2", "speakerId": "s2", "affiliation": "External", "emailAddress": "ann@alder.example", "title": "CFO"},
    ],
    "content": {"callOutcome": {"category": "Follow-up"}},
}
_TRANSCRIPT = {
    "callId": "700",
    "transcript": [
        {"speakerId": "s1", "sentences": [{"start": 0, "end": 900, "text": "Autopay first."}]},
        {
            "speakerId": "s2",
            "sentences": [
                {"start": 1000, "end": 1900, "text": "Domura quoted us less, Domura Pay that is."},
                {"start": 2000, "end": 2900, "text": "Otherwise fine."},
            ],
        },
    ],
}
GONG = [
    Told("gong", "call", "700", "upsert", None, {"callData": {"metaData": _METADATA}}, _at("03-19 18:00")),
    Told("gong", "call", "700", "upsert", None, _CALL, _at("03-09 19:00"), "pull", "pulled"),
    Told("gong", "transcript", "700", "upsert", None, _TRANSCRIPT, _at("03-09 19:05"), "pull", "pulled"),
    Told("gong", "quarantine", "q1", "event", None, {"reason": "no_call_id"}, _at("03-09 19:05")),
]


def _slack(ts: str, operation: str, day: str, event: dict[str, Any]) -> Told:
    return Told("slack", "message", f"C1/{ts}", operation, _at(day), {"event": event}, _at(day))


def _channel(kind: str, day: str, channel: Any) -> Told:
    payload = {"event": {"type": kind, "channel": channel}}
    return Told("slack", "channel", "C1", "partial", _at(day), payload, _at(day))


_CHANNEL = {"id": "C1", "name": "deals", "is_archived": False}
SLACK = [
    _slack("1772384400.000100", "upsert", "03-01 17:00", {"text": "RentFlow again", "user": "U1"}),
    _slack("1772384400.000100", "upsert", "03-01 17:05", {"message": {"text": "nothing", "user": "U1"}}),
    _slack("1772384401.000100", "delete", "03-01 17:06", {"deleted_ts": "1772384401.000100"}),
    _slack("1772384401.000100", "upsert", "03-01 17:00", {"text": "PayNest too", "user": "U1"}),
    Told("slack", "channel", "C1", "upsert", _at("03-01 17:00"), _CHANNEL, _at("03-04 17:00"), "pull"),
    _channel("channel_archive", "03-03 17:00", "C1"),
    _channel("channel_rename", "03-02 17:00", {"id": "C1", "name": "deals-eu"}),
]

_ISSUE = {"issue": {"id": 5, "number": 5, "state": "open", "created_at": _iso("03-01 17:00")}}
GITHUB = [
    Told("github", "issue", "5", "upsert", _at("03-01 17:00"), {"action": "edited", **_ISSUE}, _at("03-03 17:00")),
    Told("github", "issue", "5", "delete", _at("03-01 17:00"), {"action": "deleted", **_ISSUE}, _at("03-02 17:00")),
    Told(
        "github",
        "pull_request",
        "6",
        "upsert",
        _at("03-01 17:00"),
        {"pull_request": {"id": 6, "state": "open"}},
        _at("03-01 17:01"),
    ),
    Told(
        "github",
        "pull_request",
        "6",
        "upsert",
        _at("03-04 17:00"),
        {"id": 6, "state": "closed"},
        _at("03-04 18:00"),
        "pull",
    ),
    Told("github", "push", "d1", "event", None, {"ref": "refs/heads/main", "commits": []}, _at("03-01 17:01")),
]

EVENTS = [*HUBSPOT, *GONG, *SLACK, *GITHUB]
