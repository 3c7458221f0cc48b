"""What the engineers do: repositories, pull requests with reviews, issues with comments, pushes, runs, deployments."""

from datetime import datetime, timedelta

from .chance import Chance
from .staff import Employee, team
from .workshop import Comment, Deployment, Issue, PullRequest, Release, Repository, Review, Run, Workshop

_REPOSITORIES = (("ledger", "Python"), ("resident-portal", "TypeScript"), ("payments-api", "Go"))
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
    """The work of the history. About one deployment in fourteen fails; a twelfth of the pull requests is given up."""
    chance = Chance(seed, "engineering")
    engineers = team(staff, "engineering")
    repositories = tuple(
        Repository(chance.number(9), name, language, started_at - timedelta(days=400), 400_000_000 + number)
        for number, (name, language) in enumerate(_REPOSITORIES)
    )
    numbers = dict.fromkeys((one.name for one in repositories), 100)
    kinds = ["pull"] * round(32 * scale) + ["issue"] * round(18 * scale)
    opened = sorted((chance.office_instant(started_at, until), kind) for kind in kinds)
    pulls: list[PullRequest] = []
    issues: list[Issue] = []
    runs: list[Run] = []
    deployments: list[Deployment] = []
    releases: list[Release] = []
    for opened_at, kind in opened:
        repository = chance.choice(repositories)
        numbers[repository.name] += 1
        number = numbers[repository.name]
        whole = opened_at.replace(microsecond=0)
        if kind == "issue":
            issues.append(_issue(chance, repository, number, engineers, whole, len(issues)))
            continue
        pull = _pull(chance, repository, number, engineers, whole)
        pulls.append(pull)
        ended_at = whole + timedelta(minutes=chance.randint(3, 20))
        conclusion = "failure" if chance.happens(0.1) else "success"
        runs.append(Run(chance.number(11), pull, whole + timedelta(seconds=8), ended_at, conclusion))
        if pull.merged_at and chance.happens(0.7):
            deployments.append(_deployment(chance, pull))
        if pull.merged_at and len(pulls) % 9 == 0:
            released_at = pull.merged_at + timedelta(hours=1)
            tag = f"v{len(releases) + 1}.0.0"
            releases.append(Release(chance.number(9), repository, tag, pull.author, released_at))
    parts = (pulls, issues, runs, deployments, releases)
    return Workshop(chance.number(8), repositories, *(tuple(part) for part in parts))  # type: ignore[arg-type]


def _pull(chance: Chance, repository: Repository, number: int, engineers: list[Employee], at: datetime) -> PullRequest:
    author, *others = chance.sample(engineers, 3)
    reviews, clock = [], at
    for reviewer in others[: chance.randint(0, 2)]:
        clock += timedelta(seconds=chance.randint(1800, 100_000))
        reviews.append(Review(chance.number(10), clock, reviewer, chance.choice(("APPROVED", "APPROVED", "COMMENTED"))))
    closed_at = clock + timedelta(seconds=chance.randint(900, 130_000)) if chance.happens(0.9) else None
    is_merged = closed_at is not None and not chance.happens(0.08)
    return PullRequest(
        id=chance.number(10),
        number=number,
        repository=repository,
        author=author,
        title=chance.choice(_WORK),
        opened_at=at,
        reviews=tuple(reviews),
        merged_at=closed_at if is_merged else None,
        closed_at=closed_at,
        merged_by=others[0] if is_merged else None,
        additions=chance.randint(3, 600),
        deletions=chance.randint(0, 300),
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


def _deployment(chance: Chance, pull: PullRequest) -> Deployment:
    assert pull.merged_at is not None
    at = pull.merged_at + timedelta(seconds=chance.randint(60, 900))
    ended_at = at + timedelta(seconds=chance.randint(90, 600))
    state = "failure" if chance.happens(0.07) else "success"
    statuses = ((chance.number(10), at + timedelta(seconds=5), "in_progress"), (chance.number(10), ended_at, state))
    return Deployment(chance.number(9), pull, at, statuses)
