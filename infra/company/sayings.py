"""The sentences people say, each pool with what it truly is about; and how competitors are called. All invented.

Labels are what a person would say of the sentence on its own, not what some scorer makes of it: several pools hold
sentences whose feeling is in no single word.
"""

NAMES: dict[str, tuple[str, ...]] = {
    "RentFlow": ("RentFlow", "Rent Flow"),
    "Domura": ("Domura", "Domura Pay"),
    "PayNest": ("PayNest", "Pay Nest"),
    "LeaseLedger": ("LeaseLedger", "Lease Ledger"),
}
"""Name, and the ways in which it is said."""

MISSPELLED: dict[str, tuple[str, ...]] = {
    "RentFlow": ("RentFlo", "Rent-Flow", "RENTFLOW", "Rent Flo", "Rentflow"),
    "Domura": ("Demura", "Domuro", "DOMURA", "Do Mura", "Domurra"),
    "PayNest": ("Paynest", "PayNesst", "Pay-Nest", "Paynes"),
    "LeaseLedger": ("LeaseLeger", "Lease-Ledger", "Leaseledgr", "Lease Leger"),
}
"""What a transcript makes of them."""

INNOCENT = (
    "Some residents pay nest egg money into the deposit, that is all it is.",
    "The rent flow is steady until the fifth of the month.",
    "How does rent flow from the portal into the trust account?",
    "Our lease ledger is one spreadsheet per building.",
    "We keep a lease ledger for every unit since the nineties.",
    "Once people pay, nest egg or not, the balance is closed.",
    "The mural in the condo lobby is finished.",
)
"""A competitor's words, meant as the words they are."""

TALKING_POINTS: dict[str, tuple[str, ...]] = {
    "autopay": (
        "With autopay most residents never think about the due date again.",
        "Half of the residents choose autopay in the first month.",
    ),
    "flexible payments": (
        "Flexible payments let a resident split the rent into two halves.",
        "For people who are paid twice a month, flexible payments follow their payday.",
    ),
    "ledger sync": ("Our ledger sync writes every payment back to your accounting within a minute.",),
    "collections recovery": ("Collections recovery starts on the day a resident moves out, not ninety days later.",),
    "fraud screening": ("Fraud screening stops bounced payments before they reach your ledger.",),
}

# (sentence, threat language, feeling of the sentence, feeling towards us)
CUSTOMER_MENTIONS: tuple[tuple[str, str | None, int, int], ...] = (
    ("We are also looking at {name} this quarter.", "evaluation", 0, 0),
    ("{name} is on our shortlist as well.", "evaluation", 0, 0),
    ("Next Tuesday we have a demo with {name}.", "evaluation", 0, 0),
    ("Honestly, {name} quoted us less per unit.", "pricing", 0, 0),
    ("The pricing of {name} is simply per door.", "pricing", 0, 0),
    ("Two of our properties still run on {name} and the site teams complain every month.", None, -1, 1),
    ("{name} was a terrible experience for our accountants.", None, -1, 1),
    ("Your reporting is much better than {name} ever was.", None, 1, 1),
    ("My regional director loves the reporting in {name}.", None, 1, -1),
    ("{name} is easier than your portal, I have to be frank.", None, 1, -1),
    ("If we switch away from {name} we need the history to come with us.", "switch", 0, 0),
    ("Our board asks whether we should move to {name} next year.", "switch", 0, 0),
    ("A sister company of ours has {name} in Ohio.", None, 0, 0),
    ("Your last outage made my boss furious, and {name} called us the same day.", None, -1, -1),
)
REP_MENTIONS: tuple[tuple[str, str | None, int], ...] = (
    ("How does that look next to what {name} showed you?", None, 0),
    ("Customers who came from {name} tell us that reconciliation was the pain.", None, -1),
    ("Is {name} in your evaluation at all?", "evaluation", 0),
    ("We replaced {name} at forty communities last year.", None, 0),
)

GLAD = (
    "That is clearer than what we have, I like it.",
    "Honestly, this is great.",
    "The site teams love the new screen.",
    "That would save my team two days every month.",
    "I am impressed by how fast the bank file arrives.",
    "Your support has been excellent, please tell them.",
    "Not bad at all.",
    "No complaints from the leasing offices so far.",
    "The rollout in {city} went smoothly.",
    "We are really happy with the payout report.",
    "Residents find it easy, even the older ones.",
    "That was painless, thank you.",
    "It just works, which I did not expect.",
    "My controller stopped calling me on the first of the month.",
    "I would recommend it to any operator of our size.",
    "Perfect, that is exactly what we need.",
    "We closed the books a day early, which is fantastic.",
    "The numbers finally agree, and that is a relief.",
    "Our owners are very pleased with the statements.",
    "That solves the problem we had with split rent.",
    "The training was helpful and quick.",
    "I cannot complain about the speed.",
)
UPSET = (
    "I am worried about how long the rollout takes.",
    "Late fees are posted by hand, which nobody enjoys.",
    "Frankly, the last month was a mess.",
    "The old portal is slow and the residents hate it.",
    "We have had nothing but trouble with the returns.",
    "That is not good enough for our auditors.",
    "I do not trust these numbers.",
    "The export failed again on Friday.",
    "Your invoice was wrong twice in a row.",
    "It is confusing for the leasing teams.",
    "Our residents are frustrated, and so am I.",
    "Support took six days to answer, which is unacceptable.",
    "The fees are way too expensive for a small building.",
    "I was disappointed with the answer about chargebacks.",
    "We lost a whole weekend to that reconciliation.",
    "Nobody picked up when the deposits did not arrive.",
    "My site manager quit over the month end.",
    "It is not very reliable, to put it mildly.",
    "There are errors in every second statement.",
    "The app crashed during the rent rush.",
    "I promised my team they would never go through that again.",
    "We wasted three months on the integration.",
)
PLAIN = (
    "We manage {units} units in {city} and {other}.",
    "About half pay by check, the rest through an old portal.",
    "Our controller and the head of operations sign together.",
    "The accounting runs on one server in {city}.",
    "We have nine leasing offices and two call centers.",
    "Rent is due on the first, and we wait until the fifth.",
    "Most of the portfolio is garden style, some of it is student housing.",
    "The fiscal year ends in June here.",
    "Every property has its own bank account.",
    "We post the deposits once a day, around four in the afternoon.",
    "Our people in {city} take the calls in Spanish.",
    "That is decided by the asset managers, not by us.",
    "The ledger has one line per charge.",
    "We took over {units} doors from another operator in spring.",
    "Utilities are billed back by a separate company.",
    "The owners get a statement on the tenth.",
    "Two of the buildings are in a different time zone.",
    "Yes, that is on the third tab of the sheet.",
    "The lease says seventy five dollars after three days.",
    "We send the files on Wednesday as a rule.",
)
REP_PLAIN = (
    ("How do residents pay you today?", 0),
    ("Who else should see this before you decide?", 0),
    ("Let me share my screen and show the resident's side first.", 0),
    ("Most sites are live in three weeks, and we train the leasing teams.", 0),
    ("Which day do you close the month?", 0),
    ("I hear you, and I am sorry about that.", -1),
    ("That is great to hear.", 1),
    ("How many people touch a payment before it is posted?", 0),
    ("Here you see every return with its reason code.", 0),
    ("Would it help if we started with two properties?", 0),
)
OPENING = (
    ("rep", "Thanks for making the time today, can everyone hear me?", 1),
    ("customer", "Yes, we hear you fine, the leasing office is a bit loud.", 0),
)
PRICING = (
    ("customer", "What would it cost for {units} units, all fees included?", 0),
    ("rep", "For {units} units the platform fee is {price} dollars a year, and cards are passed through.", 0),
    ("customer", "We would need the rate fixed for two years.", 0),
)
OBJECTIONS = (
    ("Our accountants will not accept a second place to reconcile.", -1),
    ("Residents over seventy still bring checks to the office, what do we do with them?", 0),
    ("The last migration took us five months, and I promised never again.", -1),
    ("Legal will ask where the bank account numbers are kept.", 0),
    ("We do not have the people for another project this year.", -1),
)
DECISIONS = (
    ("customer", "We have decided to go ahead.", 0),
    ("customer", "We are going to sign on the tenth.", 0),
    ("customer", "We decided against it for this year.", 0),
)
NEXT_STEPS = (
    (
        ("rep", "I will send the order form and the security questionnaire today."),
        ("customer", "Let us speak again next week, after I have talked to finance."),
        ("rep", "Good, I will put it into the calendar."),
    ),
    (
        ("customer", "Can you set up a follow-up with our controller?"),
        ("rep", "I will send an invite for Thursday."),
    ),
    (
        ("rep", "Shall we schedule the next call for the week after?"),
        ("customer", "Wednesday works."),
    ),
)
GOODBYE = (("rep", "Have a nice day, everybody."), ("customer", "Bye for now."))
