"""Who works at Pay Ready, and under which id each tool knows them. Invented names; addresses end in .example."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from .chance import Chance

DOMAIN = "payready.example"

_FIRST_NAMES = (
    "Amara Bodhi Calla Dov Elspeth Farrukh Greta Hiro Ines Jovan Keziah Lucan Mireille Nilo Oona Pavel Quilla Ravi "
    "Saoirse Tomasz Umi Viggo Wren Xiomara Yusuf Zelda Anouk Bram Cosima Dario"
)
_LAST_NAMES = (
    "Abernethy Brightwater Castellan Dunmore Eskildsen Fairweather Grünwald Holloway Ishikawa Jarvela Kestrel "
    "Lindqvist Marchetti Nakagawa Okonjo Petrov Quennell Rosenthal Söderberg Takahara Underhill Vasquez Whitlock "
    "Yarrow Zielinski"
)

_SALES = ("Account Executive", "Account Executive", "Account Executive", "Customer Success Manager", "Sales Director")
_ENGINEERING = ("Software Engineer", "Software Engineer", "Senior Software Engineer", "Engineering Manager")
_OTHER = ("Chief Executive Officer", "Chief Financial Officer", "Product Manager", "Support Lead")


@dataclass(frozen=True, slots=True)
class Employee:
    """One colleague. owner_id is HubSpot's, call_user_id is Gong's."""

    first_name: str
    last_name: str
    title: str
    team: str
    email: str
    slack_id: str
    github_login: str
    github_id: int
    owner_id: str
    owner_user_id: int
    call_user_id: str
    joined_at: datetime
    left_at: datetime | None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


def people(chance: Chance, count: int) -> list[tuple[str, str]]:
    """That many distinct first and last names."""
    pairs = list(product(_FIRST_NAMES.split(), _LAST_NAMES.split()))
    chance.shuffle(pairs)
    return pairs[:count]


def hire(seed: int, scale: float, started_at: datetime) -> tuple[Employee, ...]:
    """The staff: sales and success first, then engineers, then the rest. One salesperson has left."""
    chance = Chance(seed, "staff")
    sales, engineers, others = (max(len(_OTHER), round(count * scale)) for count in (10, 10, 4))
    jobs = [("sales", _SALES[n % len(_SALES)]) for n in range(sales)]
    jobs += [("engineering", _ENGINEERING[n % len(_ENGINEERING)]) for n in range(engineers)]
    jobs += [("office", _OTHER[n % len(_OTHER)]) for n in range(others)]
    staff: list[Employee] = []
    for (team, title), (first, last) in zip(jobs, people(chance, len(jobs)), strict=True):
        handle = f"{first}.{last}".lower().replace("ü", "u").replace("ö", "o")
        staff.append(
            Employee(
                first_name=first,
                last_name=last,
                title=title,
                team=team,
                email=f"{handle}@{DOMAIN}",
                slack_id=f"U{chance.code(10)}",
                github_login=handle.replace(".", "-"),
                github_id=chance.number(8),
                owner_id=str(chance.number(9)),
                owner_user_id=chance.number(8),
                call_user_id=str(chance.number(18)),
                joined_at=started_at - timedelta(days=chance.randint(30, 900)),
                left_at=started_at + timedelta(days=40) if len(staff) == sales - 1 else None,
            )
        )
    return tuple(staff)


def team(staff: Iterable[Employee], name: str) -> list[Employee]:
    """Those of a team who are still here."""
    return [employee for employee in staff if employee.team == name and employee.left_at is None]
