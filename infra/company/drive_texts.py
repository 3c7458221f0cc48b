"""What Pay Ready's files in Google Drive say: policies and handbooks by name, and the notes kept of calls."""

from dataclasses import dataclass

DOC, MARKDOWN, PLAIN = "application/vnd.google-apps.document", "text/markdown", "text/plain"
KINDS = (DOC, MARKDOWN, PLAIN)


@dataclass(frozen=True, slots=True)
class Written:
    """A file with a name of its own. size_bytes is what Drive says of it, or makes of it when it is exported; None is
    the text's own. added comes to the text later; is_trashed: somebody puts it into the trash."""

    name: str
    kind: str
    text: str
    size_bytes: int | None = None
    added: str = ""
    is_trashed: bool = False


WRITTEN = (
    Written(
        "Refund policy.md",
        MARKDOWN,
        """# Refund policy

Who may refund, how much, and within which time.

## Convenience fees

A convenience fee is refunded when the payment failed on our side. Support may do so up to 50 dollars without asking.

## Rent paid twice

The second payment goes back to where it came from, within two business days. If the property has already booked it, the
property refunds it from the trust account and we show both entries in the ledger.

## What we do not refund

Bank charges for a returned payment. The resident's bank decides about those.
""",
    ),
    Written(
        "Late fee policy",
        DOC,
        """# Late fee policy

Late fees begin on the sixth day of the month at midnight, in the time zone of the property.

## Waivers

A leasing office may waive one late fee a year for a household. Every waiver names its reason.

## States with a limit

Where a state limits late fees, the limit is set for the property and nobody can charge more.
""",
    ),
    Written(
        "Data retention policy",
        DOC,
        """# Data retention policy

## Payments

Seven years, because auditors ask for them.

## Recordings of calls

Eighteen months. A customer may ask us to erase a recording earlier.

## Applications of residents

Thirty days after a decision, unless the resident moves in.
""",
    ),
    Written(
        "On-call handbook.md",
        MARKDOWN,
        """# On-call handbook

The week begins on Tuesday at ten. Swap in the calendar, not in the chat.

## Rent day

From the first to the fifth of a month nothing is deployed to the payment service after noon.

```
payctl drain --queue settlements
```

## When the bank file is late

Wait until 9:30, then call the bank. Tell the support lead before customers notice.
""",
        added="""
## After an incident

Write the review within three days. Two people who were not there read it.
""",
    ),
    Written(
        "Board notes Q3",
        DOC,
        """# Board notes, third quarter

![][image1]

More households pay by bank transfer than by card for the first time. Two communities left because of the move to
electronic locks, none because of us.

## Asked of us

Show the cost of a payment by method. Say which features nobody uses.

[image1]: <data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ>
""",
    ),
    Written(
        "Launch retrospective",
        DOC,
        """# Launch of split payments: retrospective

We told customers too late, and support heard of it from them.
""",
        is_trashed=True,
    ),
    Written(
        "Security questionnaire, answers.txt",
        PLAIN,
        """Do you encrypt data at rest? Yes, with keys that we rotate every year.

Who can see bank account numbers? Nobody in support; they are stored as tokens.

When was the last penetration test? In March, by an outside firm. We share the summary on request.
""",
    ),
    Written("Bank file of one year.txt", PLAIN, "20260101,ACH,118500,settled\n", size_bytes=3_400_000),
    Written("All meeting minutes in one", DOC, "# Minutes\n", size_bytes=11_000_000),
)

_MINUTES = (
    ("They close the books on the fifth.", "Three buildings still take checks."),
    ("Onboarding took nine days, four of them waiting for the unit list.", "The controller wants a weekly bank file."),
    ("Autopay is at a third of households.", "Leasing asks for a poster in Spanish."),
)


def minutes(number: int, edits: int) -> str:
    """The notes of a call, with a line for each time they were edited."""
    said = _MINUTES[number % len(_MINUTES)]
    added = "".join(f"\n- Added {count + 1}: agreed by mail afterwards.\n" for count in range(edits))
    return (
        f"# Call {number}\n\n## What they said\n\n- {said[0]}\n- {said[1]}\n\n## Next\n\n- Send the summary.\n{added}"
    )
