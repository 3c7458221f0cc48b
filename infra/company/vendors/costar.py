"""The exports an analyst makes of CoStar's market data at each month's end, as CSV and as Excel saves it.

It has no API and sends nothing (costar.com, "Licensing rights FAQs"). Their columns are those of our own reader, for no
public page lists them; what is odd about the files is what spreadsheets do to them.
"""

import csv
import io
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.routing import Route

from ..chance import Chance
from ..delivery import Delivery
from ..history import Last
from ..vendor import Outgoing, Vendor
from ..workbook import Cell, workbook
from ..world import World
from .site import Site

PROPERTIES = "properties__austin-multifamily"
LEASES = "lease_comps__austin-leases"
SUBMARKETS = "submarket_stats__texas"
_SUBMARKETS = ("Downtown", "East Austin", "Round Rock", "South Congress")
_STREETS = ("Lamar Blvd", "Congress Ave", "Riverside Dr", "Burnet Rd")
_KINDS = ("Oaks", "Lofts", "Terrace", "Commons")
_TOWNS, _TRADES = ("Lone Star", "Hill Country", "Bluebonnet"), ("Dental", "Café", "Fitness")
_PROPERTY_COLUMNS = (
    "PropertyID",
    "Property Name",
    "Property Address",
    "City",
    "State",
    "Property Manager Name",
    "Submarket Name",
    "Number Of Units",
    "Year Built",
    "Vacancy %",
    "Avg Asking/Unit",
    "Star Rating",
)
_LEASE_COLUMNS = (
    "Lease Comp ID",
    "Property ID",
    "Tenant Name",
    "SF Leased",
    "Starting Rent",
    "Sign Date",
    "Expiration Date",
)
_SUBMARKET_COLUMNS = ("Submarket Name", "Period", "Inventory Units", "Vacancy Rate", "Market Asking Rent/Unit")


def month_ends(world: World, at: datetime) -> list[date]:
    """The days on which exports were made, oldest first."""
    day, found = at.astimezone(UTC).date().replace(day=1) - timedelta(days=1), []
    while day >= world.started_at.astimezone(UTC).date():
        found.append(day)
        day = day.replace(day=1) - timedelta(days=1)
    return found[::-1]


def properties(world: World, number: int) -> list[dict[str, Any]]:
    """The market in month `number`: some 40 buildings, of which one is gone from the third month on."""
    chance = Chance(world.seed, "costar")
    managers = [one for one in world.market.companies if not one.merged_into]
    found = []
    for place in range(40):
        manager = managers[place % len(managers)]
        units, asking, vacancy = chance.randint(24, 620), chance.randint(980, 2_900), chance.randint(20, 180)
        found.append(
            {
                "PropertyID": str(7_100_000 + place * 37 + chance.randint(0, 30)),
                "Property Name": f"The {chance.choice(_KINDS)} at {_STREETS[place % 4]}",
                "Property Address": f"{chance.randint(100, 9900)} {_STREETS[place % 4]}",
                "City": "Austin",
                "State": "TX",
                "Property Manager Name": manager.value("name", world.started_at) or "",
                "Submarket Name": _SUBMARKETS[place % 4],
                "Number Of Units": units,
                "Year Built": chance.randint(1962, 2024),
                "Vacancy %": round(vacancy / 10 + number * (place % 3 - 1) * 0.3, 1),
                "Avg Asking/Unit": None if place % 11 == 0 else asking + number * 12,
                "Star Rating": chance.randint(2, 5),
            }
        )
    return [one for place, one in enumerate(found) if not (place == 5 and number >= 2)]


def leases(world: World, number: int) -> list[list[Cell]]:
    """Comparable leases, more of them every month."""
    chance = Chance(world.seed, "costar/leases")
    held = properties(world, 0)
    rows: list[list[Cell]] = []
    for place in range(12 + number * 3):
        signed_on = world.started_at.date() - timedelta(days=90 - place * 4)
        rent = "Withheld" if place % 7 == 3 else chance.randint(1_800, 5_200) / 100
        tenant = f"{chance.choice(_TOWNS)} {chance.choice(_TRADES)}"
        row: list[Cell] = [880_000 + place, held[place % len(held)]["PropertyID"], tenant, chance.randint(800, 9_000)]
        rows.append([*row, rent, signed_on, signed_on + timedelta(days=1095)])
    return rows


def submarkets(world: World, days: Sequence[date]) -> list[list[str]]:
    """One row a submarket and quarter."""
    chance = Chance(world.seed, "costar/submarkets")
    periods = sorted({f"{day.year} Q{(day.month - 1) // 3 + 1}" for day in days})
    return [
        [name, period, f"{chance.randint(9, 60)},{chance.randint(100, 999)}", f"{chance.randint(3, 14)}.5%", "$1,650"]
        for period in periods
        for name in _SUBMARKETS
    ]


def files(world: World, at: datetime) -> list[tuple[str, bytes]]:
    """Three exports a month; one of them is dropped twice, under two names, and one holds a row nobody can read."""
    days, made = month_ends(world, at), []
    for number, day in enumerate(days):
        shown = [[_printed(one[name]) for name in _PROPERTY_COLUMNS] for one in properties(world, number)]
        if number == 1:
            shown.append(["-", "© CoStar Group, licensed to Pay Ready"])
        # Excel on Windows saves the one, an export the other.
        properties_csv = _csv(_PROPERTY_COLUMNS, shown, "cp1252" if number % 2 else "utf-8-sig")
        made.append((f"{PROPERTIES}__{day.isoformat()}.csv", properties_csv))
        made.append((f"{LEASES}__{day.isoformat()}.xlsx", workbook([_LEASE_COLUMNS, *leases(world, number)])))
        submarkets_csv = _csv(_SUBMARKET_COLUMNS, submarkets(world, days[: number + 1]), "utf-8", ";")
        made.append((f"{SUBMARKETS}__{day.isoformat()}.csv", submarkets_csv))
        if number == 0:
            made.append((f"copies/{PROPERTIES}__{day.isoformat()}.csv", properties_csv))
    return made


def _printed(cell: Any) -> str:
    if cell is None:
        return "-"
    return f"{cell:,}" if isinstance(cell, int) and cell >= 10_000 else str(cell)


def _csv(columns: Sequence[str], rows: Sequence[Sequence[str]], encoding: str, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([columns, *rows])
    return text.getvalue().encode(encoding)


def entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    """Every row's newest edition. What an edition leaves out is no deletion: staging says whether it is listed yet."""
    days = month_ends(world, at)
    newest = {one["PropertyID"]: one for number in range(len(days)) for one in properties(world, number)}
    for id_, one in newest.items():
        yield "property", id_, Last(state={"units": one["Number Of Units"]})
    for row in leases(world, len(days) - 1) if days else ():
        yield "lease_comp", str(row[0]), Last()
    for name, period, *_ in submarkets(world, days):
        yield "submarket_stat", f"{name}/{period}", Last()


def routes(site: Site) -> list[Route]:
    return []


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    return []


def sign(outgoing: Outgoing) -> dict[str, str]:
    return {}


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """There is nothing to share: who may write into the bucket may drop files."""
    return {}, {}


vendor = Vendor(
    name="costar",
    routes=routes,
    new_credentials=new_credentials,
    sign=sign,
    deliveries=deliveries,
    entities=entities,
    api="costar/",
    files=files,
)
