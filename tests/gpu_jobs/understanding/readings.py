"""Small documents to be understood, and what an engine may say of them."""

from typing import Any

from events.enrichment import Understanding
from events.gpu_job import Refused
from gpu_jobs.understanding.reading import Reading, read
from tests.gpu_jobs.written_documents import spoken

CALL = spoken(
    [
        ("Ann", "Good morning. How are you? 🎉"),
        ("Bob", "RentFlow quoted us half of that. It's too expensive for us."),
        ("Ann", "Autopay saves you hours. I will send you an invite."),
        ("Bob", "We have decided to sign."),
    ],
    title="Renewal",
)
NOTHING: dict[str, Any] = {
    "pieces": [],
    "talking_points": [],
    "objections": [],
    "outcome": None,
    "summary": [],
    "competitor_mentions": [],
}


def reading(document: dict[str, Any] = CALL) -> Reading:
    made = read(document, 100_000)
    assert not isinstance(made, Refused)
    return made


def understanding(**told: Any) -> Understanding:
    return Understanding.model_validate(NOTHING | told)
