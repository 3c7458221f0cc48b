"""The exports a CoStar user makes: which column identifies a row, which columns staging needs, and what stands in them.

Unverified: the spelling of every column here, written from memory of such exports, which each user composes himself.
So columns are compared by letters and digits alone ("PropertyID" is "Property ID"), those not named here are carried
along, and a file that lacks one is refused as a whole with the columns it lacks: correct them here.
"""

import re
from dataclasses import dataclass

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Dataset:
    """One kind of export. keys identify a row: the vendor's id, or what tells rows apart where there is none."""

    stream: str
    keys: tuple[str, ...]
    text: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.keys, *self.text, *self.numbers, *self.dates)


DATASETS = {
    "properties": Dataset(
        "property",
        keys=("Property ID",),
        text=("Property Name", "Property Address", "City", "State", "Property Manager Name", "Submarket Name"),
        numbers=("Number Of Units", "Year Built", "Vacancy %", "Avg Asking/Unit"),
    ),
    "lease_comps": Dataset(
        "lease_comp",
        keys=("Lease Comp ID",),
        text=("Property ID", "Tenant Name"),
        numbers=("SF Leased", "Starting Rent"),
        dates=("Sign Date", "Expiration Date"),
    ),
    "sale_comps": Dataset(
        "sale_comp",
        keys=("Sale Comp ID",),
        text=("Property ID", "Buyer", "Seller"),
        numbers=("Sale Price", "Cap Rate"),
        dates=("Sale Date",),
    ),
    "tenants": Dataset(
        "tenant",
        keys=("Tenant ID",),
        text=("Tenant Name", "Property ID"),
        numbers=("SF Occupied",),
        dates=("Move Date",),
    ),
    "availability": Dataset(
        "availability",
        keys=("Space ID",),
        text=("Property ID", "Floor"),
        numbers=("SF Available", "Rent/SF/Yr"),
        dates=("Date Available",),
    ),
    "submarket_stats": Dataset(
        "submarket_stat",
        keys=("Submarket Name", "Period"),
        numbers=("Inventory Units", "Vacancy Rate", "Market Asking Rent/Unit"),
    ),
}


def column(name: str) -> str:
    """A column's name by which it is compared and carried: its letters and digits, lower case."""
    return _NOT_IN_A_NAME.sub("", name.lower())
