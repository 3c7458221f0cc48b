"""What goes wrong between the vendors and us: repetitions, wrong order, losses, garbage, wrong clocks. Its own seed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from . import vendors
from .chance import Chance
from .delivery import Delivery

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
    """Only deliveries that something can repair are lost, one of GitHub's among them where it sends any. Garbage is a
    truncated copy beside the delivery itself, at least one in all where rates.malformed is not 0. Each delivery is out
    of order by up to 40 places, or sent at the very end."""
    rates = rates or Rates()
    chance = Chance(seed, "faults")
    redelivered = [one for one in made if one.source == "github" and one.is_repairable] if rates.lost else []
    sure = redelivered[len(redelivered) // 2] if redelivered else None
    lost, placed = [], []
    for place, delivery in enumerate(made):
        if delivery.is_repairable and (chance.happens(rates.lost) or delivery is sure):
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
        vendor = vendors.load(delivery.source)
        if vendor.retold and chance.happens(rates.repeated_under_new_id):
            placed.append((rank + chance.uniform(0, 40), vendor.retold(delivery, chance)))
        if chance.happens(rates.malformed) and _can_be_garbled(delivery):
            placed.append((rank, _truncated(delivery, chance)))
    garbled = [one for _, one in placed if _can_be_garbled(one)]
    if rates.malformed and garbled and not any(one.events[0][0] == "quarantine" for _, one in placed):
        placed.append((len(made) / 2, _truncated(garbled[len(garbled) // 2], chance)))
    return Disturbed(tuple(one for _, one in sorted(placed, key=lambda pair: pair[0])), tuple(lost))


def _can_be_garbled(delivery: Delivery) -> bool:
    """Whether half of it is still authentic, and no longer readable: not where the body holds the proof, or nothing."""
    return bool(delivery.body) and not vendors.load(delivery.source).is_proof_in_body


def _truncated(delivery: Delivery, chance: Chance) -> Delivery:
    guid = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    body = delivery.body[: len(delivery.body) * 2 // 3]
    return replace(delivery, body=body, delivery_id=guid, events=(("quarantine", guid),))
