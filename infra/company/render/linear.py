"""Linear's issues, comments and customer requests in Pay Ready's workspace: the history of everything in it.

Shapes follow linear/linear, packages/sdk/src/schema.graphql.
"""

from datetime import datetime, timedelta

from ..history import History, Version, once_per_world
from ..lives import Change
from ..world import World
from .linear_cycles import plan
from .linear_workspace import URL, Workspace, changing, into, iso, new_issue, short, stamping

_WISHES = ("Split payments between roommates", "Export of late fees", "Spanish statements", "A rent calendar")


@once_per_world
def history(world: World) -> History:
    space = Workspace(world)
    issues = [_issue(space, number) for number in range(1, 49)]
    _prioritise_at_once(space)
    for issue_id, born in issues[:24]:
        _comment(space, issue_id, born)
    for number, (issue_id, born) in enumerate(issues[:12]):
        _need(space, number, issue_id, born)
    plan(space)
    return History(space.versions)


def _issue(space: Workspace, number: int) -> tuple[str, datetime]:
    """Most move through their team's states; some are archived, some deleted, one moves to the other team."""
    team = space.teams[number % 2]
    states = space.states[team["id"]]
    about = new_issue(space, team, number)
    steps: list[tuple[str, Change | None]] = []
    for state in states[1 : 1 + space.chance.randint(0, 3)]:
        steps.append(("update", into(state, space.someone())))
    if number % 11 == 0:
        steps.append(("update", stamping("archivedAt")))
    if number % 13 == 0:
        steps.append(("remove", None))
    if number == 7:
        moved = {"previousIdentifiers": [about["identifier"]], "identifier": f"{space.teams[0]['key']}-900"}
        steps.append(("update", changing(team=short(space.teams[0], "key", "name"), **moved)))
    at = space.at(len(steps) + 1)
    return space.add("issue", about, at, *steps)["id"], at[0]


def _prioritise_at_once(space: Workspace) -> None:
    """Someone edits many issues in one gesture: they share an updatedAt."""
    at = space.world.now - timedelta(hours=5)
    changed_later = {one.id for one in space.versions if one.at >= at}
    for one in History(space.versions).living(at, "issue"):
        if one.record and one.id not in changed_later:
            record = {**one.record, "priority": 1.0, "updatedAt": iso(at)}
            space.versions.append(Version("issue", one.id, at, record, "update"))


def _comment(space: Workspace, issue_id: str, born: datetime) -> None:
    about = {
        "body": "Can we ship this before the first of the month?",
        "editedAt": None,
        "resolvedAt": None,
        "parentId": None,
        "url": f"{URL}/comment",
        "issue": {"id": issue_id},
        "project": None,
        "user": space.someone(),
    }
    fate = space.chance.choice(("kept", "kept", "edited", "removed"))
    steps: dict[str, list[tuple[str, Change | None]]] = {
        "kept": [],
        "edited": [("update", stamping("editedAt"))],
        "removed": [("remove", None)],
    }
    space.add("comment", about, space.at(1 + len(steps[fate]), born), *steps[fate])


def _need(space: Workspace, number: int, issue_id: str, born: datetime) -> None:
    customer = space.chance.choice(space.customers)
    about = {
        "body": _WISHES[number % len(_WISHES)],
        "priority": float(number % 2),
        "url": None,
        "customer": short(customer, "name"),
        "issue": {"id": issue_id},
        "project": None,
        "creator": space.someone(),
    }
    steps: list[tuple[str, Change | None]] = [("remove", None)] if number == 5 else []
    space.add("customer_need", about, space.at(1 + len(steps), born), *steps)
