"""Who names a competitor at the help desks: in a few messages of each hundred, more often the worse a customer fares.

What else is written there says nothing, and the desks tell it in their own words.
"""

import functools
from dataclasses import dataclass
from datetime import datetime

from . import support_texts
from .chance import Chance
from .grammar import COMPETITORS, Line, spoken
from .health import Course, courses
from .support import WORDED, Step, Thread, redaction, threads
from .world import World

_DELETED = {("intercom", 23), ("zendesk", 15)}
"""Threads in whose first message a competitor is named for certain, as one is in what is redacted."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A message with words of its own: a competitor's name, or what only sounds like it. taken_back_at is when the desk
    lost it again."""

    thread: Thread
    step: Step
    line: Line
    taken_back_at: datetime | None = None

    def is_there(self, at: datetime) -> bool:
        return self.step.at <= at and not (self.taken_back_at and self.taken_back_at <= at)


@functools.lru_cache(maxsize=4)
def remarks(world: World) -> dict[tuple[str, str, datetime], Remark]:
    """By desk, thread and instant, in the order of the threads."""
    chance, course = Chance(world.seed, "remarks"), courses(world)
    rivals = {one.company_id: one.rival for one in world.pursuits if one.rival}
    found: dict[tuple[str, str, datetime], Remark] = {}
    for thread in threads(world):
        lost = redaction(thread)
        for step in thread.steps:
            is_lost = lost is not None and step is lost[0]
            is_planted = is_lost or (step is thread.steps[0] and (thread.desk, thread.number) in _DELETED)
            line = _line(chance, thread, step, course[thread.company_id], rivals.get(thread.company_id), is_planted)
            if line:
                taken_back_at = lost[1] if lost and is_lost else thread.deleted_at
                found[thread.desk, thread.id, step.at] = Remark(thread, step, line, taken_back_at)
    return found


def written(world: World, thread: Thread, step: Step, otherwise: str) -> str:
    """What a message says."""
    remark = remarks(world).get((thread.desk, thread.id, step.at))
    return remark.line.text if remark else otherwise


def _line(
    chance: Chance, thread: Thread, step: Step, course: Course, rival: str | None, is_planted: bool
) -> Line | None:
    """Who is pursued by a rival mostly names that one. At Zendesk no bot looks up articles."""
    if step.kind not in WORDED or (step.who == "bot" and thread.desk == "zendesk"):
        return None
    badly = (1 - course.at(step.at)) ** 2
    named_by = {"customer": 0.05 + 0.15 * badly, "colleague": 0.05, "bot": 0.15}[step.who]
    if is_planted or chance.happens(named_by):
        competitor = rival if rival and chance.happens(0.6) else chance.choice(sorted(COMPETITORS))
        return _mention(chance, step, competitor)
    if step.who == "customer" and chance.happens(0.05):
        return Line("customer", chance.choice(support_texts.INNOCENT), "Support")
    return None


def _mention(chance: Chance, step: Step, competitor: str) -> Line:
    """An article that a bot found names nobody."""
    name = spoken(chance, competitor)
    if step.who == "bot":
        return Line("rep", chance.choice(support_texts.ARTICLES).format(name=name), "Support")
    if step.who == "customer":
        text, language, towards_us = chance.choice(support_texts.CUSTOMER_MENTIONS)
        who = "customer"
    else:
        text, language = chance.choice(support_texts.NOTES if step.kind == "note" else support_texts.ANSWERS)
        who, towards_us = "rep", 0
    words = text.format(name=name)
    return Line(who, words, "Competition", competitor=competitor, towards_us=towards_us, language=language)
