"""Notes that salespeople write in HubSpot on their deals, as HTML; some are edited, one is deleted, one is on no deal.

HubSpot's webhooks for notes are not subscribed to, so only its API tells of them.
"""

import functools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from html import escape

from .chance import Chance
from .crm import Change, Link, Record, iso_ms
from .deals import Pursuit
from .world import AHEAD, World

_EVERY = 3
"""Of the deals, each third has notes."""
_EDITED, _DELETED, _WITHOUT_A_DEAL = (2, 11), (5,), 8
"""By number of the note."""
_OPENINGS = (
    "Met {person} on site, {units} units across three communities.",
    "Short call with {person} after their staff meeting.",
    "{person} sent the questionnaire back, filled in by accounting.",
    "Walked {person} through the resident portal, leasing joined for ten minutes.",
)
_FINDINGS = (
    "They post payments by hand until the tenth of each month & want that gone.",
    "Residents still bring checks to the office; two of five buildings have no card reader.",
    "Late fees are waived more often than charged, because nobody trusts the ledger.",
    "Their auditor asks for a trail from deposit to unit, which we can show.",
    "The board decides on the second Thursday; contract must be out a week before.",
    "Budget is approved for < 12 months, renewal is a separate decision.",
)
_NEXT = (
    "Next: send the security questionnaire and the sample bank file.",
    "Next: bring their controller together with our implementation lead.",
    "Next: wait for the unit list, then a price per door.",
    "Nothing to do until their fiscal year begins.",
)


@functools.lru_cache(maxsize=4)
def notes(world: World) -> tuple[Record, ...]:
    """In the order of the deals they are on. What is deleted was deleted before the world's now."""
    chance = Chance(world.seed, "notes")
    made: list[Record] = []
    for pursuit in [one for one in world.pursuits if not one.record.merged_into][::_EVERY]:
        for _ in range(chance.randint(1, 2)):
            made.append(_note(chance, world, pursuit, len(made)))
    return tuple(made)


def _note(chance: Chance, world: World, pursuit: Pursuit, number: int) -> Record:
    deal = pursuit.record
    latest = min(deal.created_at + timedelta(days=40), world.now + AHEAD)
    at = chance.office_instant(deal.created_at + timedelta(minutes=5), latest)
    contacts = [link for link in deal.links if link.to_kind == "contact"][:1]
    person = _named(world, [link.to_id for link in contacts], at)
    facts = {"person": person, "units": world.market.units[pursuit.company_id]}
    said = [chance.choice(_OPENINGS), *chance.sample(_FINDINGS, 2), chance.choice(_NEXT)]
    told = {
        "hs_note_body": _html([text.format(**facts) for text in said]),
        "hs_timestamp": iso_ms(at),
        "hubspot_owner_id": deal.value("hubspot_owner_id", at),
    }
    links = [
        Link(at, "company", pursuit.company_id),
        *(Link(max(at, one.at), "contact", one.to_id) for one in contacts),
    ]
    if number != _WITHOUT_A_DEAL:
        links.append(Link(at, "deal", deal.id))
    changes = [Change(at, name, value) for name, value in told.items()]
    record = Record("note", str(70_000_000_000 + chance.number(9) * 100 + number), at, tuple(changes), tuple(links))
    if number in _EDITED:
        added = _html([*(text.format(**facts) for text in said), "Edit: they asked for references in their county."])
        edited = Change(_later(at, world), "hs_note_body", added)
        record = replace(record, changes=(*record.changes, edited))
    if number in _DELETED:
        record = replace(record, archivings=((_later(at, world), True),))
    return record


def _later(at: datetime, world: World) -> datetime:
    """Within two days, and in the past where the note itself is."""
    return min(at + timedelta(days=2), at + (world.now - at) / 2) if at < world.now else at + timedelta(minutes=1)


def _named(world: World, contact_ids: Sequence[str], at: datetime) -> str:
    for one in world.market.contacts:
        if one.id in contact_ids:
            return f"{one.value('firstname', at)} {one.value('lastname', at)}"
    return "the site manager"


def _html(sentences: Sequence[str]) -> str:
    """As HubSpot's editor keeps what is written in it."""
    paragraphs = "".join(f'<p style="margin:0;">{escape(one, quote=False)}</p>' for one in sentences)
    return f'<div style="" dir="auto" data-top-level="true">{paragraphs}</div>'
