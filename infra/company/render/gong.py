"""Gong's calls, transcripts and users."""

from datetime import datetime
from itertools import groupby
from typing import Any

from ..calls import Call, Party
from ..crm import Record
from ..staff import Employee

WORKSPACE_ID = "4193820741056627501"
_NOTHING_YET: dict[str, Any] = {"brief": None, "outline": [], "highlights": [], "keyPoints": [], "callOutcome": None}


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def meta_data(call: Call) -> dict[str, Any]:
    host = call.parties[0].employee
    assert host is not None
    return {
        "id": call.call_id,
        "url": f"https://app.gong.example/call?id={call.call_id}",
        "title": call.title,
        "scheduled": _iso(call.started_at.replace(second=0)),
        "started": call.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "duration": call.duration_s,
        "primaryUserId": host.call_user_id,
        "direction": "Conference",
        "system": "Zoom",
        "scope": "External" if call.company_id else "Internal",
        "media": "Video",
        "language": "eng",
        "workspaceId": WORKSPACE_ID,
        "sdrDisposition": None,
        "clientUniqueId": None,
        "customData": None,
        "purpose": None,
        "meetingUrl": f"https://meet.example/{call.call_id[-9:]}",
        "isPrivate": call.is_private,
        "calendarEventId": None,
    }


def call_data(call: Call, companies: dict[str, Record], at: datetime) -> dict[str, Any]:
    """The whole call, as the extensive listing and the webhook carry it; content and statistics come once digested."""
    is_digested = call.digested_at <= at
    return {
        "metaData": meta_data(call),
        "context": _context(call, companies, at),
        "parties": [_party(party) for party in call.parties],
        "content": _content(call) if is_digested else {"trackers": [], "topics": [], **_NOTHING_YET},
        "interaction": _interaction(call) if is_digested else {"speakers": [], "interactionStats": [], "video": []},
        "collaboration": {"publicComments": []},
        "media": {"audioUrl": None, "videoUrl": None},
    }


def _context(call: Call, companies: dict[str, Record], at: datetime) -> list[dict[str, Any]]:
    """The customer's CRM records, under HubSpot's ids."""
    if not call.company_id:
        return []
    name = companies[call.company_id].value("name", at)
    objects: list[dict[str, Any]] = [
        {"objectType": "Account", "objectId": call.company_id, "fields": [{"name": "Name", "value": name}]},
    ]
    if call.deal:
        known = call.deal.properties(at)
        amount = float(known["amount"]) if known.get("amount") else None
        fields = [{"name": "StageName", "value": known["dealstage"]}, {"name": "Amount", "value": amount}]
        objects.append({"objectType": "Opportunity", "objectId": call.deal.id, "fields": fields})
    return [{"system": "HubSpot", "objects": objects}]


def _party(party: Party) -> dict[str, Any]:
    context = []
    if party.contact_id:
        found = [{"objectType": "Contact", "objectId": party.contact_id, "fields": []}]
        context = [{"system": "HubSpot", "objects": found}]
    return {
        "id": party.party_id,
        "emailAddress": party.email,
        "name": party.name,
        "title": party.title,
        "userId": party.employee.call_user_id if party.employee else None,
        "speakerId": party.speaker_id,
        "context": context,
        "affiliation": "Internal" if party.employee else "External",
        "phoneNumber": None,
        "methods": ["Invitee", "Attendee"],
    }


def _content(call: Call) -> dict[str, Any]:
    named = [sentence for sentence in call.sentences if sentence.line.competitor]
    occurrences = [
        {"startTime": sentence.start_ms / 1000, "speakerId": sentence.speaker.speaker_id} for sentence in named
    ]
    topics = dict.fromkeys(sentence.line.topic for sentence in call.sentences)
    return {
        "trackers": [
            {
                "id": "5521883017",
                "name": "Competitors",
                "type": "KEYWORD",
                "count": len(named),
                "occurrences": occurrences,
                "phrases": [],
            }
        ],
        "topics": [{"name": topic, "duration": _spoken_s(call, topic)} for topic in topics],
        "pointsOfInterest": {"actionItems": []},
        **_NOTHING_YET,
        "callOutcome": _outcome(call),
        "brief": f"{call.title}: {len(call.sentences)} sentences on {', '.join(topics)}.",
    }


def _outcome(call: Call) -> dict[str, Any] | None:
    return {"id": "7", "category": call.outcome, "name": call.outcome} if call.outcome else None


def _spoken_s(call: Call, topic: str) -> int:
    return sum(one.end_ms - one.start_ms for one in call.sentences if one.line.topic == topic) // 1000


def _interaction(call: Call) -> dict[str, Any]:
    speakers = []
    for party in call.parties:
        talk_ms = sum(one.end_ms - one.start_ms for one in call.sentences if one.speaker == party)
        user_id = party.employee.call_user_id if party.employee else None
        speakers.append({"id": party.party_id, "userId": user_id, "talkTime": talk_ms / 1000})
    asked = [one for one in call.sentences if one.line.text.endswith("?")]
    ours = sum(one.speaker.employee is not None for one in asked)
    return {
        "speakers": speakers,
        "interactionStats": [],
        "video": [],
        "questions": {"companyCount": ours, "nonCompanyCount": len(asked) - ours},
    }


def transcript(call: Call) -> dict[str, Any]:
    """Monologues: consecutive sentences of one speaker on one topic. Times are milliseconds from the start."""
    monologues = []
    for (speaker_id, topic), said in groupby(call.sentences, key=lambda one: (one.speaker.speaker_id, one.line.topic)):
        sentences = [{"start": one.start_ms, "end": one.end_ms, "text": one.line.text} for one in said]
        monologues.append({"speakerId": speaker_id, "topic": topic, "sentences": sentences})
    return {"callId": call.call_id, "transcript": monologues}


def user(one: Employee) -> dict[str, Any]:
    return {
        "id": one.call_user_id,
        "emailAddress": one.email,
        "created": _iso(one.joined_at),
        "active": one.left_at is None,
        "emailAliases": [],
        "firstName": one.first_name,
        "lastName": one.last_name,
        "title": one.title,
        "phoneNumber": None,
        "extension": None,
        "personalMeetingUrls": [],
        "managerId": None,
        "meetingConsentPageUrl": None,
        "settings": {"webConferencesRecorded": True, "emailsImported": True},
        "spokenLanguages": [{"language": "en-us", "primary": True}],
    }
