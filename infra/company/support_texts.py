"""What customers and colleagues write to each other at the help desks of competitors, and what only sounds like it.

Labels are what a person would say of the message on its own.
"""

# (message, threat language, feeling towards us)
CUSTOMER_MENTIONS: tuple[tuple[str, str | None, int], ...] = (
    ("Residents ask for a receipt by text message. {name} sends one, can you do that too?", None, 0),
    ("Does the import take files from {name}? Two of our sites still use it.", None, 0),
    ("We still run the garages on {name}, please leave those units out of the import.", None, 0),
    ("Somebody from {name} called our controller this morning. Who has our number?", None, 0),
    ("We came to you from {name} and the opening balances are still missing.", None, -1),
    ("Your portal is down again, {name} never was. My site teams are furious.", None, -1),
    ("My regional manager loves {name}, so please tell me what to show her.", None, -1),
    ("Your statements are much clearer than those of {name}, my owners are happy.", None, 1),
    ("{name} quoted us two dollars less per unit, is there room on your side?", "pricing", 0),
    ("Our owner is comparing you with {name} and wants the fees of last year on one page.", "evaluation", 0),
    ("Where is the contract? Our board reads it next to the proposal from {name}.", "evaluation", 0),
    ("How do we export the whole history? We are going with {name} from January.", "switch", 0),
    ("If this is not fixed by Friday, we will switch to {name}.", "switch", -1),
)
# (message, threat language)
ANSWERS: tuple[tuple[str, str | None], ...] = (
    ("The import from {name} is done, please check unit 14B.", None),
    ("Yes, we read files from {name} too, one per property.", None),
    ("May I ask what they like about {name}?", None),
)
NOTES: tuple[tuple[str, str | None], ...] = (
    ("They have a demo with {name} on Thursday, tell the account manager.", "evaluation"),
    ("FYI {name} quoted them less per door.", "pricing"),
    ("They came from {name} in spring, so the old balances are odd.", None),
)
ARTICLES = ("This article may help: Importing residents from {name}.",)
"""What a bot finds for the customer. It means nobody."""

INNOCENT = (
    "The rent flow of March lacks two deposits.",
    "When a resident pays by card, does the rent flow into the trust account on the same day?",
    "Please send the lease ledger of unit 14B as a spreadsheet.",
    "The lease ledgers of two buildings are swapped.",
    "Some tenants pay nest egg savings into the deposit, how do we book that?",
    "Mr. Payne has paid twice, please return one of them.",
    "The mural in the lobby was billed to unit 3.",
)
"""A competitor's words, meant as the words they are."""
