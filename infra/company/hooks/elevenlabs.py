"""What ElevenLabs knows of Pay Ready: calls its voice agents held with residents, speech it made, and what it sends.

Facts: elevenlabs.io/docs, "Webhooks", "Conversations", "History"; elevenlabs/elevenlabs-python.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..delivery import Delivery, to_json
from ..history import History, Version, once_per_world
from ..signing import hexadecimal, keyed_digest, shared
from ..vendor import Outgoing
from ..world import AHEAD, World

_CONVERSATIONS, _ITEMS = 70, 45
_AGENTS = ("agent_rent_reminders", "agent_leasing_line")
_ASKED = (
    ("Is my payment of September through?", "Yes, it cleared on the third."),
    ("Can I pay in two parts?", "You can, half today and half within ten days."),
    ("¿Puedo pagar mañana sin recargo?", "Sí, hasta las cinco de la tarde."),
    ("Why was I charged a late fee?", "The payment came two days after the grace period."),
)


@once_per_world
def history(world: World) -> History:
    chance = Chance(world.seed, "elevenlabs")
    versions = [one for number in range(_CONVERSATIONS) for one in _conversation(world, chance, number)]
    return History([*versions, *_speech(world, chance)])


def _conversation(world: World, chance: Chance, number: int) -> Iterator[Version]:
    """Four steps, the last when the call has been analysed. One in fifteen is never answered; two start in the same
    second; one, from before anyone listened, was deleted on request."""
    at = chance.office_instant(world.started_at, world.now + AHEAD).replace(microsecond=0)
    if number in (1, 2):
        at = world.now - timedelta(days=9)
    if number == 3:
        at = world.started_at + timedelta(days=2)
    conversation_id = f"conv_{hexadecimal(chance, 26)}"
    contact = chance.choice(world.market.contacts)
    duration_s, is_failed = chance.randint(15, 420), chance.happens(1 / 15)
    begun: dict[str, Any] = {
        "agent_id": chance.choice(_AGENTS),
        "conversation_id": conversation_id,
        "user_id": None,
        "status": "initiated",
        "transcript": [],
        "metadata": {"start_time_unix_secs": int(at.timestamp()), "call_duration_secs": 0, "cost": 0},
        "analysis": None,
        "conversation_initiation_client_data": {"dynamic_variables": {"hubspot_contact_id": contact.id}},
        "has_audio": False,
        "has_user_audio": False,
        "has_response_audio": False,
    }
    yield Version("conversation", conversation_id, at, begun)
    if is_failed:
        reason = {**begun["metadata"], "termination_reason": "no-answer"}
        failed = {**begun, "status": "failed", "metadata": reason}
        yield Version("conversation", conversation_id, at + timedelta(seconds=31), failed, "call_initiation_failure")
        return
    yield Version("conversation", conversation_id, at + timedelta(seconds=2), {**begun, "status": "in-progress"})
    ended = {
        **begun,
        "status": "processing",
        "transcript": _transcript(chance, duration_s),
        "metadata": {
            "start_time_unix_secs": int(at.timestamp()),
            "call_duration_secs": duration_s,
            "cost": duration_s * 8,
            "termination_reason": "end_call tool was called",
            "phone_call": {"direction": "outbound", "type": "twilio"},
        },
        "has_audio": True,
        "has_user_audio": True,
        "has_response_audio": True,
    }
    ended_at = at + timedelta(seconds=duration_s)
    yield Version("conversation", conversation_id, ended_at, ended)
    analysed_at = ended_at + timedelta(seconds=chance.randint(4, 60))
    analysis: dict[str, Any] = {
        "call_successful": chance.choice(("success", "success", "failure", "unknown")),
        "transcript_summary": "A resident asked about a payment.",
        "evaluation_criteria_results": {},
        "data_collection_results": {},
    }
    done = {**ended, "status": "done", "analysis": analysis}
    yield Version("conversation", conversation_id, analysed_at, done, "post_call_transcription")
    if number == 3:
        yield Version("conversation", conversation_id, analysed_at + timedelta(days=3), None)


def _transcript(chance: Chance, duration_s: int) -> list[dict[str, Any]]:
    turns = [("agent", "Hello, this is Pay Ready.")]
    for question, answer in chance.sample(_ASKED, 2):
        turns += [("user", question), ("agent", answer)]
    step_s = max(duration_s // len(turns), 1)
    return [
        {"role": role, "message": message, "time_in_call_secs": n * step_s, "tool_calls": [], "tool_results": []}
        for n, (role, message) in enumerate(turns)
    ]


def _speech(world: World, chance: Chance) -> Iterator[Version]:
    """Reminders read aloud; some in the same second."""
    for number in range(_ITEMS):
        at = chance.instant(world.started_at, world.now).replace(microsecond=0)
        if number in (4, 5):
            at = world.now - timedelta(days=5)
        item_id, characters = chance.code(20), chance.randint(40, 900)
        item = {
            "history_item_id": item_id,
            "request_id": chance.code(20),
            "voice_id": "voice_calm",
            "voice_name": "Calm",
            "model_id": "eleven_multilingual_v2",
            "text": "Your rent is due on the first.",
            "date_unix": int(at.timestamp()),
            "character_count_change_from": 10_000 + number,
            "character_count_change_to": 10_000 + number + characters,
            "content_type": "audio/mpeg",
            "state": "created",
            "source": "TTS",
        }
        yield Version("history_item", item_id, at, item)


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    happened = [one for one in history(world).versions if one.event_type and one.at >= world.hooks_since]
    return [_delivery(one, chance) for one in happened]


def _delivery(one: Version, chance: Chance) -> Delivery:
    """A transcript is the conversation as the API shows it; a call that was not answered is told in short."""
    record, sent_at = one.record or {}, one.at + timedelta(seconds=chance.randint(1, 5))
    timestamp, is_transcript = int(sent_at.timestamp()), one.event_type == "post_call_transcription"
    failure = {
        "agent_id": record["agent_id"],
        "conversation_id": one.id,
        "failure_reason": "no-answer",
        "metadata": {"type": "twilio", "body": {"CallStatus": "no-answer"}},
    }
    body = {"type": one.event_type, "event_timestamp": timestamp, "data": record if is_transcript else failure}
    stream = "conversation" if is_transcript else one.event_type
    key = f"{one.event_type}/{one.id}/{timestamp}"
    return Delivery("elevenlabs", one.event_type, to_json(body), key, sent_at, ((stream, key),), is_transcript)


def sign(outgoing: Outgoing) -> dict[str, str]:
    """The time in seconds and the digest in one header."""
    timestamp = int(outgoing.now.timestamp())
    digest = keyed_digest(outgoing.keys["signing_secret"], f"{timestamp}.".encode() + outgoing.body)
    return {"ElevenLabs-Signature": f"t={timestamp},v0={digest.hex()}"}


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    return shared(rng, f"wsec_{hexadecimal(rng, 64)}", api_key=f"sk_{hexadecimal(rng, 48)}")


def visible(at: datetime, world: World, stream: str) -> list[dict[str, Any]]:
    return [one.record for one in history(world).living(at, stream) if one.record is not None]
