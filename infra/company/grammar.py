"""What people say: sentences of our own, each with what it truly is about. Competitors are invented.

A sentence that names a competitor names one, under its name or an alias; no other sentence contains any of these words.
"""

from dataclasses import dataclass

from .chance import Chance

COMPETITORS: dict[str, tuple[str, ...]] = {
    "RentFlow": ("RentFlow", "Rent Flow"),
    "Domura": ("Domura", "Domura Pay"),
    "PayNest": ("PayNest", "Pay Nest"),
    "LeaseLedger": ("LeaseLedger", "Lease Ledger"),
}
"""Name, and the ways in which it is said."""

TALKING_POINTS: dict[str, tuple[str, ...]] = {
    "autopay": ("With autopay most residents never think about the due date again.",),
    "flexible payments": ("Flexible payments let a resident split the rent into two halves.",),
    "ledger sync": ("Our ledger sync writes every payment back to your accounting within a minute.",),
    "collections recovery": ("Collections recovery starts on the day a resident moves out, not ninety days later.",),
    "fraud screening": ("Fraud screening stops bounced payments before they reach your ledger.",),
}

_MENTIONS = {
    "customer": (
        "We are also looking at {name} this quarter.",
        "Honestly, {name} quoted us less per unit.",
        "Two of our properties still run on {name} and the site teams complain every month.",
        "My regional director likes the reporting in {name}.",
        "If we switch away from {name} we need the history to come with us.",
    ),
    "rep": (
        "How does that compare with what {name} showed you?",
        "Customers who came from {name} tell us that reconciliation was the pain.",
    ),
}
_PRICING = (
    ("customer", "What would it cost for {units} units, all fees included?"),
    ("rep", "For {units} units the platform fee is {price} dollars a year, and cards are passed through at cost."),
    ("customer", "We would need the pricing fixed for two years."),
)
_OBJECTIONS = (
    "Our accountants will not accept a second place to reconcile.",
    "Residents over seventy still bring checks to the office, what do we do with them?",
    "The last migration took us five months, and I promised never again.",
    "Legal will ask where the bank account numbers are kept.",
)
_SMALL_TALK = (
    ("rep", "Thanks for making the time today, can everyone hear me?"),
    ("customer", "Yes, we hear you fine, the leasing office is a bit loud."),
    ("customer", "We manage {units} units in {city} and rent day is chaos."),
    ("rep", "How do residents pay you today?"),
    ("customer", "About half pay by check, the rest through an old portal."),
    ("customer", "Late fees are posted by hand, which nobody enjoys."),
    ("rep", "Who else should see this before you decide?"),
    ("customer", "Our controller and the head of operations."),
    ("rep", "Let me share my screen and show the resident's side first."),
    ("customer", "That is clearer than what we have."),
    ("customer", "I am worried about how long the rollout takes."),
    ("rep", "Most sites are live in three weeks, and we train the leasing teams."),
)
_CLOSING = (
    ("rep", "I will send the order form and the security questionnaire today."),
    ("customer", "Let us speak again next week, after I have talked to finance."),
    ("rep", "Good, I will put it into the calendar."),
)
CITIES = ("Boise", "Tacoma", "Tucson", "Omaha", "Raleigh", "Dayton", "Fresno", "Tulsa")


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence and its truth. who is `rep` or `customer`."""

    who: str
    text: str
    topic: str
    competitor: str | None = None
    talking_point: str | None = None


def mention(chance: Chance, competitor: str, who: str) -> Line:
    name = chance.choice(COMPETITORS[competitor])
    return Line(who, chance.choice(_MENTIONS[who]).format(name=name), "Competition", competitor=competitor)


def dialogue(chance: Chance, units: int, competitor: str | None) -> list[Line]:
    """A call from greeting to goodbye, 14 to 30 sentences; with a competitor, one to three of them name it."""
    facts = {"units": units, "price": units * chance.randint(9, 14), "city": chance.choice(CITIES)}
    lines = [Line(who, text.format(**facts), "Discovery") for who, text in _SMALL_TALK[:2]]
    middle = [
        Line(who, text.format(**facts), "Discovery")
        for who, text in chance.sample(_SMALL_TALK[2:], chance.randint(5, len(_SMALL_TALK) - 2))
    ]
    for point in chance.sample(sorted(TALKING_POINTS), chance.randint(1, 3)):
        middle.append(Line("rep", chance.choice(TALKING_POINTS[point]), "Product", talking_point=point))
    if chance.happens(0.7):
        middle += [Line(who, text.format(**facts), "Pricing") for who, text in _PRICING]
    middle += [Line("customer", text, "Objections") for text in chance.sample(_OBJECTIONS, chance.randint(0, 2))]
    if competitor:
        middle += [mention(chance, competitor, "customer")]
        middle += [mention(chance, competitor, chance.choice(("customer", "rep"))) for _ in range(chance.randint(0, 2))]
    chance.shuffle(middle)
    return [*lines, *middle, *(Line(who, text, "Next steps") for who, text in _CLOSING)]


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
)
REPLIES = ("On it.", "Thanks!", "Looking now.", "Done, please check again.", "I think that was me, sorry.", "👍")
RUMOURS = (
    "Heard that {name} cut its price in {city}.",
    "Lost one to {name} today, they promised a two week rollout.",
    "{name} is at the conference next month, shall we go?",
)


def chatter(chance: Chance, competitor: str | None = None) -> str:
    """A message in a channel, about a competitor where one is given."""
    facts = {"number": chance.randint(12, 980), "city": chance.choice(CITIES)}
    if competitor:
        return chance.choice(RUMOURS).format(name=chance.choice(COMPETITORS[competitor]), **facts)
    return chance.choice(CHATTER).format(**facts)
