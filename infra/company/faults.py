"""What goes wrong between the vendors and us: repetitions, wrong order, losses, garbage, wrong clocks. Its own seed."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .chance import Chance
from .delivery import Delivery, to_json
from .hooks.hubspot import key_of, stream_of

# A clock may be wrong by two minutes: under the five every signature scheme tolerates.
_SKEW_S = 120


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of all deliveries."""

    repeated: float = 0.10
    repeated_under_new_id: float = 0.03
    out_of_order: float = 0.15
    days_late: float = 0.01
    lost: float = 0.02
    malformed: float = 0.001


@dataclass(frozen=True, slots=True)
class Disturbed:
    """What is sent, in that order, and what never arrives: a pull, or GitHub's redelivery, has to bring it."""

    sent: tuple[Delivery, ...]
    lost: tuple[Delivery, ...]


def disturb(made: Sequence[Delivery], seed: int, rates: Rates | None = None) -> Disturbed:
    """Only deliveries that something can repair are lost. Garbage is a truncated copy beside the delivery itself, at
    least one in all where rates.malformed is not 0. Each delivery is out of order by up to 40 places, or sent at the
    very end."""
    rates = rates or Rates()
    chance = Chance(seed, "faults")
    lost, placed = [], []
    for place, delivery in enumerate(made):
        if delivery.is_repairable and chance.happens(rates.lost):
            lost.append(delivery)
            continue
        rank = float(place)
        if chance.happens(rates.days_late):
            rank = float(len(made))
        elif chance.happens(rates.out_of_order):
            rank += chance.uniform(1, 40)
        placed.append((rank, replace(delivery, skew_s=round(chance.uniform(-_SKEW_S, _SKEW_S), 1))))
        if chance.happens(rates.repeated):
            placed.append((rank + chance.uniform(0, 40), delivery))
        if delivery.source != "gong" and chance.happens(rates.repeated_under_new_id):
            placed.append((rank + chance.uniform(0, 40), _under_new_id(delivery, chance)))
        if chance.happens(rates.malformed):
            placed.append((rank, _truncated(delivery, chance)))
    if rates.malformed and placed and not any(one.events[0][0] == "quarantine" for _, one in placed):
        placed.append((len(made) / 2, _truncated(placed[len(placed) // 2][1], chance)))
    return Disturbed(tuple(one for _, one in sorted(placed, key=lambda pair: pair[0])), tuple(lost))


def _under_new_id(delivery: Delivery, chance: Chance) -> Delivery:
    """The same happening told as if it were another. Gong has no ids to renew."""
    if delivery.source == "github":
        guid = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        return replace(delivery, delivery_id=guid, events=((delivery.events[0][0], guid),))
    payload = json.loads(delivery.body)
    if delivery.source == "slack":
        event_id = f"Ev{chance.code(9)}"
        body = to_json(payload | {"event_id": event_id, "event_context": f"4-{event_id}"}, is_ascii=True)
        return replace(delivery, body=body, delivery_id=event_id, events=((delivery.events[0][0], event_id),))
    renewed = [event | {"eventId": chance.number(10)} for event in payload]
    events = tuple((stream_of(event), key_of(event)) for event in renewed)
    return replace(delivery, body=to_json(renewed), delivery_id=str(renewed[0]["eventId"]), events=events)


def _truncated(delivery: Delivery, chance: Chance) -> Delivery:
    guid = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    body = delivery.body[: len(delivery.body) * 2 // 3]
    return replace(delivery, body=body, delivery_id=guid, events=(("quarantine", guid),))
