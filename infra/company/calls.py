"""Recorded calls with customers: who spoke, what was said, sentence by sentence, and when it had been digested."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .accounts import Market
from .chance import Chance
from .crm import Record
from .deals import Pursuit
from .grammar import Line, dialogue, mention
from .staff import Employee

_OUTCOMES = ("Follow-up", "Not interested", "Demo booked")


@dataclass(frozen=True, slots=True)
class Party:
    """Someone on a call; employee is None for the customer's side."""

    party_id: str
    speaker_id: str
    name: str
    email: str
    title: str
    employee: Employee | None
    contact_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, its speaker, its place in the recording in milliseconds, and its truth."""

    speaker: Party
    start_ms: int
    end_ms: int
    line: Line


@dataclass(frozen=True, slots=True)
class Call:
    """A call is visible to others once processed, its transcript and content later still."""

    call_id: str
    title: str
    company_id: str | None
    deal: Record | None
    parties: tuple[Party, ...]
    started_at: datetime
    duration_s: int
    sentences: tuple[Sentence, ...]
    visible_at: datetime
    digested_at: datetime
    is_private: bool = False
    outcome: str | None = None
    """What a rep chose in the recorder; None on most calls."""


def hold(
    seed: int,
    scale: float,
    started_at: datetime,
    until: datetime,
    market: Market,
    pursuits: tuple[Pursuit, ...],
    staff: tuple[Employee, ...],
) -> tuple[Call, ...]:
    """One or two calls a deal while it lives, some after it was won (they may name the beaten rival), and internal ones
    without a customer."""
    chance = Chance(seed, "calls")
    owners = {employee.owner_id: employee for employee in staff}
    companies = {company.id: company for company in market.companies}
    calls = []
    for pursuit in pursuits:
        deal = pursuit.record
        if deal.merged_into:  # entered twice: the customer was called for the other one
            continue
        company = companies[pursuit.company_id]
        stages = [change for change in deal.changes if change.name == "dealstage"]
        ended_at = stages[-1].at if stages[-1].value.startswith("closed") else until
        rep = owners[deal.value("hubspot_owner_id", deal.created_at)]
        contacts = market.contacts_of(company.id)[:2]
        mood = _mood(chance, pursuit, stages[-1].value)
        for number in range(chance.choice((1, 1, 1, 2))):
            at = chance.office_instant(
                deal.created_at, min(ended_at - timedelta(hours=2), deal.created_at + timedelta(days=30))
            )
            rival = pursuit.rival if number == 0 or chance.happens(0.3) else None
            title = f"{company.value('name', at)} and Pay Ready"
            calls.append(_call(chance, title, at, rep, company, contacts, deal, market.units[company.id], rival, mood))
        if stages[-1].value == "closedwon" and chance.happens(0.4) and ended_at + timedelta(days=5) < until:
            at = chance.office_instant(ended_at + timedelta(days=2), min(until, ended_at + timedelta(days=20)))
            title = f"Onboarding {company.value('name', at)}"
            units = market.units[company.id]
            calls.append(_call(chance, title, at, rep, company, contacts, deal, units, pursuit.rival, mood))
    sellers = [employee for employee in staff if employee.team == "sales"]
    for number in range(max(2, round(5 * scale))):
        # One lies in the last hours: whoever lets time advance sees a call come in.
        at = chance.office_instant(started_at if number else until - timedelta(hours=40), until - timedelta(hours=4))
        calls.append(_call(chance, "Forecast review", at, chance.choice(sellers), None, [], None, 500, None, 0.0))
    return tuple(sorted((call for call in calls if call.started_at <= until), key=lambda call: call.started_at))


def _mood(chance: Chance, pursuit: Pursuit, stage: str) -> float:
    """How the customer talks, from -1 to 1: better on a deal that will be won, worse on one with a rival."""
    leaning = {"closedwon": 0.35, "closedlost": -0.45}.get(stage, 0.0)
    return max(-1.0, min(1.0, leaning - (0.1 if pursuit.rival else 0.0) + chance.gauss(0.0, 0.35)))


def _call(
    chance: Chance,
    title: str,
    at: datetime,
    rep: Employee,
    company: Record | None,
    contacts: list[Record],
    deal: Record | None,
    units: int,
    rival: str | None,
    mood: float,
) -> Call:
    host = Party(str(chance.number(16)), str(chance.number(19)), rep.name, rep.email, rep.title, rep)
    guests = [_guest(chance, contact, at) for contact in contacts if contact.created_at <= at]
    lines = dialogue(chance, max(units, 120), rival, mood)
    if rival and title.startswith("Onboarding"):
        lines.insert(-3, mention(chance, rival, "customer"))
    sentences, clock_ms = [], chance.randint(2_000, 40_000)
    for line in lines:
        speaker = host if line.who == "rep" or not guests else chance.choice(guests)
        end_ms = clock_ms + 75 * len(line.text) + chance.randint(200, 900)
        sentences.append(Sentence(speaker, clock_ms, end_ms, line))
        clock_ms = end_ms + chance.randint(300, 30_000)
    duration_s = clock_ms // 1000 + chance.randint(5, 60)
    visible_at = at + timedelta(seconds=duration_s) + timedelta(minutes=chance.randint(4, 50))
    return Call(
        call_id=str(chance.number(19)),
        title=title,
        company_id=company.id if company else None,
        deal=deal,
        parties=(host, *guests),
        started_at=at,
        duration_s=duration_s,
        sentences=tuple(sentences),
        visible_at=visible_at,
        digested_at=visible_at + timedelta(minutes=chance.choice((0, 5, 20, 90))),
        outcome=chance.choice(_OUTCOMES) if company and chance.happens(0.12) else None,
    )


def _guest(chance: Chance, contact: Record, at: datetime) -> Party:
    known = contact.properties(at)
    name = f"{known['firstname']} {known['lastname']}"
    ids = str(chance.number(16)), str(chance.number(19))
    return Party(*ids, name, known["email"], known["jobtitle"], None, contact.id)
