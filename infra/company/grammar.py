"""What people say: sentences of our own, each with what it truly is about. Competitors are invented.

A sentence that names a competitor names one, under its name, an alias or a misspelling; sentences that hold a
competitor's words in their ordinary meaning name none.
"""

from dataclasses import dataclass

from . import sayings
from .chance import Chance

COMPETITORS = sayings.NAMES
TALKING_POINTS = sayings.TALKING_POINTS
CITIES = ("Boise", "Tacoma", "Tucson", "Omaha", "Raleigh", "Dayton", "Fresno", "Tulsa")


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence and its truth. who is `rep` or `customer`.

    feeling is that of the sentence, towards_us that of a customer's mention: -1, 0 or 1. language is what makes a
    mention threatening. outcome is what the sentence makes of the whole call.
    """

    who: str
    text: str
    topic: str
    competitor: str | None = None
    talking_point: str | None = None
    feeling: int = 0
    towards_us: int = 0
    language: str | None = None
    outcome: str | None = None


def spoken(chance: Chance, competitor: str) -> str:
    """The competitor as it is said, one time in five misspelled."""
    ways = sayings.MISSPELLED if chance.happens(0.2) else sayings.NAMES
    return chance.choice(ways[competitor])


def mention(chance: Chance, competitor: str, who: str) -> Line:
    name = spoken(chance, competitor)
    if who == "rep":
        text, language, feeling = chance.choice(sayings.REP_MENTIONS)
        towards_us = 0
    else:
        text, language, feeling, towards_us = chance.choice(sayings.CUSTOMER_MENTIONS)
    return Line(
        who,
        text.format(name=name),
        "Competition",
        competitor=competitor,
        feeling=feeling,
        towards_us=towards_us,
        language=language,
    )


def dialogue(chance: Chance, units: int, competitor: str | None, mood: float) -> list[Line]:
    """A call from greeting to goodbye; with a competitor, one to three of its sentences name it.

    One in eight is over after a few sentences. mood is between -1 and 1: how much more often the customer says
    something glad than something upset. It drifts within the call.
    """
    lines = [Line(who, text, "Discovery", feeling=feeling) for who, text, feeling in sayings.OPENING]
    is_short = chance.happens(0.125)
    facts = _facts(chance, units)
    opinions = _opinions(chance, 3 if is_short else chance.randint(14, 26), mood, facts)
    for text, feeling in chance.sample(sayings.REP_PLAIN, 2 if is_short else chance.randint(4, 9)):
        opinions.insert(chance.randint(0, len(opinions)), Line("rep", text, "Discovery", feeling=feeling))
    middle = [*_product(chance), *_substance(chance, facts)]
    if competitor:
        middle += [mention(chance, competitor, "customer")]
        middle += [mention(chance, competitor, chance.choice(("customer", "rep"))) for _ in range(chance.randint(0, 2))]
    if chance.happens(0.3):
        middle.append(Line("customer", chance.choice(sayings.INNOCENT), "Discovery"))
    for line in middle:
        opinions.insert(chance.randint(0, len(opinions)), line)
    return [*lines, *opinions, *_closing(chance)]


def _facts(chance: Chance, units: int) -> dict[str, object]:
    city, other = chance.sample(CITIES, 2)
    return {"units": units, "price": units * chance.randint(9, 14), "city": city, "other": other}


def _opinions(chance: Chance, count: int, mood: float, facts: dict[str, object]) -> list[Line]:
    """The customer's sentences, in the order they are said; no sentence twice in a call."""
    pools = {
        feeling: chance.sample(pool, len(pool))
        for feeling, pool in ((-1, sayings.UPSET), (0, sayings.PLAIN), (1, sayings.GLAD))
    }
    drift = chance.uniform(-0.5, 0.5)
    said = []
    for number in range(count):
        now = max(-1.0, min(1.0, mood + drift * (number / count - 0.5)))
        [feeling] = chance.choices((-1, 0, 1), weights=(0.5 - now / 2, 0.7, 0.5 + now / 2))
        feeling = feeling if pools[feeling] else 0
        text = pools[feeling].pop() if pools[feeling] else chance.choice(sayings.PLAIN)
        said.append(Line("customer", text.format(**facts), "Discovery", feeling=feeling))
    return said


def _product(chance: Chance) -> list[Line]:
    points = chance.sample(sorted(TALKING_POINTS), chance.randint(1, 3))
    return [Line("rep", chance.choice(TALKING_POINTS[one]), "Product", talking_point=one) for one in points]


def _substance(chance: Chance, facts: dict[str, object]) -> list[Line]:
    """Prices and objections, perhaps."""
    found = []
    if chance.happens(0.6):
        found += [
            Line(who, text.format(**facts), "Pricing", feeling=feeling, outcome="pricing")
            for who, text, feeling in sayings.PRICING
        ]
    objections = chance.sample(sayings.OBJECTIONS, chance.randint(0, 2))
    return found + [
        Line("customer", text, "Objections", feeling=feeling, outcome="objection") for text, feeling in objections
    ]


def _closing(chance: Chance) -> list[Line]:
    """A decision, an agreement on what comes next, or neither; then goodbye."""
    lines = []
    if chance.happens(0.15):
        who, text, feeling = chance.choice(sayings.DECISIONS)
        lines.append(Line(who, text, "Decision", feeling=feeling, outcome="decision"))
    if chance.happens(0.6):
        agreed = chance.choice(sayings.NEXT_STEPS)
        lines += [Line(who, text, "Next steps", outcome="next_step") for who, text in agreed]
    return [*lines, *(Line(who, text, "Next steps") for who, text in sayings.GOODBYE)]


CHATTER = (
    "Rent day went fine, {number} payments settled before noon.",
    "Can someone look at the bank file for {city}? It has {number} lines too many.",
    "Deploy is out, watching the dashboards.",
    "Reminder: the all-hands is at ten 🎉",
    "I pushed the fix for the rounding of late fees.",
    "New demo request from {city}, about {number} units.",
    "Who owns the onboarding checklist now?",
    "The café order is in, thanks Zoë — crème brûlée for everyone.",
    "Support queue is down to {number} tickets.",
    "Moved the forecast review to Thursday.",
    "Does anyone remember why we cap convenience fees at {number}?",
    "Great call just now, they want the contract this week.",
    "The rent flow from {city} into the trust account looks right again.",
    "Anyone seen the lease ledger template with {number} rows?",
)
REPLIES = ("On it.", "Thanks!", "Looking now.", "Done, please check again.", "I think that was me, sorry.", "👍")
RUMOURS: dict[str, str | None] = {
    "Heard that {name} cut its price in {city}.": "pricing",
    "Lost one to {name} today, they promised a two week rollout.": None,
    "{name} is at the conference next month, shall we go?": None,
    "anyone got the {name} proposal from the {city} deal?": None,
}
"""What is said of a competitor in the chat, and the language that makes it threatening."""


def chatter(chance: Chance, competitor: str | None = None) -> str:
    """A message in a channel, about a competitor where one is given; fingers are lazier than mouths."""
    facts = {"number": chance.randint(12, 980), "city": chance.choice(CITIES)}
    if not competitor:
        return chance.choice(CHATTER).format(**facts)
    name = spoken(chance, competitor)
    return chance.choice(sorted(RUMOURS)).format(name=name.lower() if chance.happens(0.3) else name, **facts)
