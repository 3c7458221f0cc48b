"""What the engineers do: repositories, pull requests with reviews, issues with comments, pushes, runs, deployments."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from .chance import Chance, company_date
from .shipping import Shipping
from .staff import Employee, team
from .workshop import (
    DEPENDENCIES,
    HOLIDAYS,
    REVIEWER,
    Comment,
    Issue,
    Person,
    PullRequest,
    Release,
    Repository,
    Review,
    Run,
    Workshop,
)

_REPOSITORIES = (
    ("ledger", "Python"),
    ("resident-portal", "TypeScript"),
    ("payments-api", "Go"),
    ("collections", "Python"),
    ("platform", "HCL"),
)
_BUSY = {"ledger": 17, "payments-api": 24, "resident-portal": 34, "collections": 15, "platform": 10}
_SHARED = "quick-fix"
"""The name of more than one branch, one after the other."""
_WORK = (
    "Round late fees to the cent",
    "Retry bank files after a timeout",
    "Show split payments on the receipt",
    "Faster ledger sync for large portfolios",
    "Translate the autopay page",
    "Remove the old export",
    "Guard against double refunds",
    "Rotate the signing keys",
)
_BUGS = (
    "Receipt shows yesterday's date near midnight",
    "Portal logs out during payment",
    "Naïve retry doubles webhook calls",
    "Bank file fails on an apostrophe",
    "Autopay ignores leap day",
)


def engineer(seed: int, scale: float, started_at: datetime, until: datetime, staff: tuple[Employee, ...]) -> Workshop:
    """The work of the history. A twelfth of the pull requests is given up; what breaks in production is mended."""
    chance = Chance(seed, "engineering")
    engineers = team(staff, "engineering")
    repositories = tuple(
        Repository(chance.number(9), name, language, started_at - timedelta(days=400), 400_000_000 + number)
        for number, (name, language) in enumerate(_REPOSITORIES)
    )
    numbers = dict.fromkeys((one.name for one in repositories), 100)
    kinds = ["pull"] * round(180 * scale) + ["bot"] * round(14 * scale) + ["issue"] * round(18 * scale)
    opened = sorted((working_instant(chance, started_at, until), kind) for kind in kinds)
    shipping = Shipping(chance, numbers, engineers)
    pulls: list[PullRequest] = []
    issues: list[Issue] = []
    for opened_at, kind in opened:
        repository = chance.choices(repositories, [_BUSY[one.name] for one in repositories])[0]
        numbers[repository.name] += 1
        number = numbers[repository.name]
        whole = opened_at.replace(microsecond=0)
        if kind == "issue":
            issues.append(_issue(chance, repository, number, engineers, whole, len(issues)))
        else:
            pull = _pull(chance, repository, number, engineers, whole, is_by_bot=kind == "bot")
            pulls.append(replace(pull, branch=_SHARED) if chance.happens(0.06) and _is_free(pull, pulls) else pull)
    for repository in repositories:
        shipping.ship(repository, [one for one in pulls if one.repository == repository], until)
    pulls = sorted(pulls + shipping.mending, key=lambda one: one.opened_at)
    runs = [run for pull in pulls for run in _runs(chance, pull)]
    merged = [pull for pull in pulls if pull.merged_at]
    releases = [_release(chance, pull, number) for number, pull in enumerate(merged[::40], start=1)]
    return Workshop(
        chance.number(8),
        repositories,
        tuple(pulls),
        tuple(issues + shipping.incidents),
        tuple(runs),
        tuple(shipping.deployments),
        tuple(releases),
        tuple(shipping.outages),
    )


def working_instant(chance: Chance, first: datetime, last: datetime) -> datetime:
    """In office hours, and hardly ever on a holiday."""
    for _ in range(20):
        at = chance.office_instant(first, last)
        if company_date(at) not in HOLIDAYS or chance.happens(0.05):
            break
    return at


def working_days(first: date, last: date) -> int:
    """Weekdays that are no holidays, both ends included."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return sum(day.weekday() < 5 and day not in HOLIDAYS for day in days)


def _pull(
    chance: Chance, repository: Repository, number: int, engineers: list[Employee], at: datetime, is_by_bot: bool
) -> PullRequest:
    """A bot's remark within minutes, and an author's own, are no review by a colleague."""
    author, *others = chance.sample(engineers, 3)
    reviews, clock = [], at
    if chance.happens(0.15):
        reviews.append(Review(chance.number(10), at + timedelta(minutes=2), REVIEWER, "COMMENTED"))
    if chance.happens(0.1):
        clock += timedelta(minutes=chance.randint(5, 25))
        reviews.append(Review(chance.number(10), clock, author, "COMMENTED"))
    for reviewer in others[: chance.randint(0, 2)]:
        clock += timedelta(seconds=chance.randint(1800, 100_000))
        reviews.append(Review(chance.number(10), clock, reviewer, chance.choice(("APPROVED", "APPROVED", "COMMENTED"))))
    closed_at = clock + timedelta(seconds=chance.randint(900, 130_000)) if chance.happens(0.95) else None
    is_merged = closed_at is not None and not chance.happens(0.08)
    by: Person = DEPENDENCIES if is_by_bot else author
    return PullRequest(
        id=chance.number(10),
        number=number,
        repository=repository,
        author=by,
        title="Bump the client library" if is_by_bot else chance.choice(_WORK),
        opened_at=at,
        reviews=tuple(reviews),
        merged_at=closed_at if is_merged else None,
        closed_at=closed_at,
        merged_by=others[0] if is_merged else None,
        additions=chance.randint(3, 600),
        deletions=chance.randint(0, 300),
        first_commit_at=at - timedelta(seconds=chance.randint(600, 400_000)),
        branch=f"change-{number}",
        # Now and then one is merged into another's branch.
        base="next" if chance.happens(0.04) else "main",
        labels=("dependencies",) if is_by_bot else (),
    )


def _is_free(pull: PullRequest, pulls: list[PullRequest]) -> bool:
    """Whether the pull requests whose branch bore that name before were closed by then."""
    earlier = [one for one in pulls if one.branch == _SHARED and one.repository == pull.repository]
    return all(one.closed_at is not None and one.closed_at < pull.first_commit_at for one in earlier)


def _runs(chance: Chance, pull: PullRequest) -> list[Run]:
    """None for a few; for some also one of the first push, before the pull request was opened."""
    if chance.happens(0.08):
        return []
    conclusion = "failure" if chance.happens(0.1) else "success"
    commits = [(pull.first_commit_at, pull.opened_at + timedelta(seconds=8), "pull_request")]
    if chance.happens(0.15):
        before = pull.first_commit_at + (pull.opened_at - pull.first_commit_at) / 2
        commits = [
            (pull.first_commit_at, before.replace(microsecond=0), "push"),
            (before.replace(microsecond=0), pull.opened_at + timedelta(seconds=8), "pull_request"),
        ]
    return [
        Run(chance.number(11), pull, at, at + timedelta(minutes=chance.randint(3, 20)), conclusion, commit_at, event)
        for commit_at, at, event in commits
    ]


def _release(chance: Chance, pull: PullRequest, number: int) -> Release:
    assert pull.merged_at is not None
    return Release(
        chance.number(9), pull.repository, f"v{number}.0.0", pull.author, pull.merged_at + timedelta(hours=1)
    )


def _issue(
    chance: Chance, repository: Repository, number: int, engineers: list[Employee], at: datetime, nth: int
) -> Issue:
    comments, clock = [], at
    for _ in range(chance.randint(0, 2)):
        clock += timedelta(seconds=chance.randint(600, 90_000))
        deleted_at = clock + timedelta(minutes=5) if chance.happens(0.08) else None
        body = chance.choice(("I can reproduce this.", "Fixed by the next release, I hope.", "See the logs of ünit 7."))
        comments.append(Comment(chance.number(10), clock, chance.choice(engineers), body, deleted_at))
    closed_at = clock + timedelta(seconds=chance.randint(3600, 900_000)) if chance.happens(0.6) else None
    deleted_at = clock + timedelta(days=1) if nth == 3 else None
    title = chance.choice(_BUGS)
    author = chance.choice(engineers)
    return Issue(
        chance.number(10),
        number,
        repository,
        author,
        title,
        at,
        None if deleted_at else closed_at,
        deleted_at,
        tuple(comments),
    )
