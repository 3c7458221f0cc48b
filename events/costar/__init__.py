"""CoStar's exports as far as staging reads them, and samples of such files.

A payload is one row: {dataset, search, as_of, file, row, values}; values are the cells as text under the columns'
letters and digits, lower case ("Avg Asking/Unit" is avgaskingunit). A sample `file__<name>` is a file as it is dropped,
its name following the prefix; the columns are unverified, see functions/chalicelib/sources/_costar_datasets.py.
CoStar's licence forbids redistributing real rows: these are made up.
"""

from datetime import date

from pydantic import BaseModel, ConfigDict


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)

    dataset: str
    search: str
    """The saved search the export was made of."""
    as_of: date
    file: str
    row: int
    """As a spreadsheet numbers it, the header being 1."""


class PropertyValues(BaseModel):
    propertyid: str
    propertyname: str
    propertyaddress: str
    city: str
    state: str
    propertymanagername: str
    submarketname: str
    numberofunits: str
    yearbuilt: str
    vacancy: str
    """Per cent."""
    avgaskingunit: str
    """Dollars a month; "-" where it is withheld."""


class Property(_Row):
    values: PropertyValues


class LeaseCompValues(BaseModel):
    leasecompid: str
    propertyid: str
    tenantname: str
    sfleased: str
    startingrent: str
    signdate: str
    """10/31/2026 in CSV, 2026-10-31 from a workbook."""
    expirationdate: str


class LeaseComp(_Row):
    values: LeaseCompValues


class SubmarketStatValues(BaseModel):
    submarketname: str
    period: str
    inventoryunits: str
    vacancyrate: str
    marketaskingrentunit: str


class SubmarketStat(_Row):
    values: SubmarketStatValues
