"""What the rules go by: sentences that stand for a feeling or an objection, and phrases that tell how a talk ended.

Written from general knowledge of sales and support talk. None was fitted to the lines that tests/dbt_project labels,
nor to those of the simulated company; tests/gpu_jobs/understanding holds them to a floor on the former.
"""

from collections.abc import Mapping

from events.enrichment import OutcomeCategory

FEELINGS: Mapping[float, tuple[str, ...]] = {
    1.0: (
        "We love the product and want to use it in more places.",
        "This works really well for us.",
        "The team is very happy with how it is going.",
        "It saves us a lot of time every week.",
        "Your support was quick and very helpful.",
        "We are ready to sign and move forward.",
        "That is exactly what we were hoping for.",
        "Thank you, that fixed the problem.",
        # The other side of a complaint, so that its topic alone is no feeling.
        "The start went well and without trouble.",
    ),
    -1.0: (
        "We are frustrated and disappointed with the service.",
        "The product keeps breaking and nobody helps us.",
        "It is too expensive and we do not see the value.",
        "We are thinking about cancelling our contract.",
        "We have decided to go with another vendor.",
        "This is a serious problem and it is still not fixed.",
        "I am worried that this will not work for us.",
        "The rollout was slow and confusing.",
    ),
    0.0: (
        "Can you send me the documents?",
        "Let us meet again on Tuesday.",
        "Our contract runs until next year.",
        "How many units do you manage?",
        "We currently use a spreadsheet for that.",
        "I will share my screen now.",
        "The report lists the payments of last month.",
        "Please update the address in the settings.",
        # Of the same topics.
        "What does it cost per unit and year?",
        "The fee is paid every month.",
        "They work with another vendor today.",
        "The system runs on a server in the office.",
        "Does anyone know how this is set up?",
        "We changed the vendor last year.",
    ),
}
"""Sentiment to the sentences that stand for it."""

OBJECTION_PHRASES: Mapping[str, tuple[str, ...]] = {
    "price": ("too expensive", "no budget", "not in the budget", "over budget", "cannot afford", "can't afford"),
    "timing": ("not this year", "bad time", "next fiscal year", "not a priority"),
    "authority": ("legal will", "board has to", "need approval", "not my decision"),
    "trust": ("too risky", "not convinced", "do not trust", "don't trust"),
    "need": ("do not need", "don't need", "no use for", "do not have the people", "don't have the time"),
    "product": ("deal breaker", "dealbreaker", "does not support", "doesn't support"),
}
"""What is objected to, and the phrases that do."""

OBJECTIONS: Mapping[str, tuple[str, ...]] = {
    "price": (
        "It is too expensive for us.",
        "We do not have the budget for this.",
        "Your price is higher than what we pay now.",
    ),
    "timing": (
        "Now is not a good time for us to change.",
        "We cannot start before next year.",
        "We have too much going on to take this on.",
    ),
    "authority": (
        "I cannot decide this on my own.",
        "Our board has to approve it first.",
        "Legal will have to look at the contract.",
    ),
    "trust": (
        "I am not sure our data would be safe.",
        "We had a bad experience with a product like this.",
        "I am worried about the risk of switching.",
    ),
    "need": (
        "We do not need this, what we have works.",
        "Our residents will not use it.",
        "I do not see how this helps us.",
    ),
    "product": (
        "It does not do what we need.",
        "It is missing a feature that we rely on.",
        "It does not integrate with our system.",
    ),
}
"""What is objected to, and the sentences that stand for it."""

OUTCOMES: tuple[tuple[OutcomeCategory, tuple[str, ...]], ...] = (
    (
        "decision",
        (
            "we have decided",
            "we've decided",
            "we decided to",
            "we are going with",
            "we're going with",
            "we will sign",
            "let's sign",
            "we are in",
            "we are not moving forward",
        ),
    ),
    (
        "next_step",
        (
            "next step",
            "next steps",
            "follow up",
            "follow-up",
            "send an invite",
            "on the calendar",
            "talk again",
            "speak again",
            "i will send you",
            "i'll send you",
        ),
    ),
    ("objection", ("too expensive", "no budget", "not a priority", "too risky", "not convinced", "deal breaker")),
    ("pricing", ("how much", "what does it cost", "what would it cost", "price per", "per unit", "the price")),
)
"""Strongest first: what was decided counts more than what was agreed, that more than what stood in the way."""
