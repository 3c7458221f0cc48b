"""Pay Ready's Salesforce organisation: the records its sales team keeps there, and what became of each of them.

Fields as the object reference names them. Salesforce stores its clocks to the second, so an import leaves many equal.
"""

import functools
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance, company_date
from ..deals import Pursuit, only_in_salesforce
from ..history import History, Version, once_per_world
from ..pipeline import BEFORE, WON
from ..salesforce_ids import LETTERS, long_id
from ..world import World
from . import salesforce_accounts
from .salesforce_accounts import MERGED_INTO as MERGED_INTO

ORGANIZATION_ID = "00D5e000004TyQLEA0"
OBJECTS = {
    "Account": "account",
    "Contact": "contact",
    "Lead": "lead",
    "Opportunity": "opportunity",
    "OpportunityHistory": "opportunity_history",
    "OpportunityFieldHistory": "opportunity_field_history",
    "Task": "task",
    "Event": "event",
    "User": "user",
}
_STAGES = {stage.id: stage for stage in BEFORE}
"""The redesign of HubSpot's pipeline changed nothing here."""
_LOGGED = {
    0: "Left a voicemail. They close the books on the fifth, so not before then.",
    2: "Agenda: deposits, the two communities that came with the purchase, who may refund.",
    6: "They want to see how a refund looks in the ledger.\n\nSend the recording to accounting, too.",
    11: "Quarterly review: fewer checks at the desk, more questions about fees. Bring numbers by community.",
}
"""What is written down with a task or a meeting, by its number; with most there is nothing."""
_TRACKED = timedelta(days=150)
"""Since when the organisation keeps the history of fields."""


@once_per_world
def history(world: World) -> History:
    """Accounts and contacts from the market, opportunities from the deals, and leads and activities of their own."""
    return History(_organisation(world).versions)


def origins(world: World) -> dict[str, str]:
    """Which company or contact of the market each account, contact and lead is, by id; a name where it is nobody's."""
    return _organisation(world).origins


@functools.lru_cache(maxsize=4)
def _organisation(world: World) -> "Org":
    org = Org(world)
    org.users()
    salesforce_accounts.add_accounts(org)
    salesforce_accounts.add_leads(org)
    org.opportunities()
    org.activities()
    return org


class Org:
    """Collects versions. Instants are cut to the second, and two of one record never share one."""

    def __init__(self, world: World) -> None:
        self.world, self.chance = world, Chance(world.seed, "salesforce")
        self.versions: list[Version] = []
        self.last: dict[str, tuple[datetime, dict[str, Any]]] = {}
        self.account_ids: dict[str, str] = {}
        self.origins: dict[str, str] = {}
        self.contact_ids: list[tuple[str, str]] = []
        self.user_ids: dict[str, str] = {}

    def new_id(self, prefix: str) -> str:
        return long_id(f"{prefix}5e000" + "".join(self.chance.choices(LETTERS, k=7)))

    def create(self, name: str, record_id: str, at: datetime, fields: dict[str, Any]) -> str:
        at = at.replace(microsecond=0)
        made = {"Id": record_id, **fields, "CreatedDate": at}
        return self._tell(name, record_id, at, made)

    def update(self, name: str, record_id: str, at: datetime, **changed: Any) -> None:
        self._tell(name, record_id, at, self.last[record_id][1] | changed)

    def delete(self, name: str, record_id: str, at: datetime, what: str = "") -> datetime:
        at = self._after(record_id, at)
        self.last[record_id] = at, self.last[record_id][1]
        self.versions.append(Version(OBJECTS[name], record_id, at, None, what))
        return at

    def _tell(self, name: str, record_id: str, at: datetime, record: dict[str, Any]) -> str:
        at = self._after(record_id, at)
        if name != "OpportunityFieldHistory":
            record = record | {"SystemModstamp": at}
        if name not in ("OpportunityHistory", "OpportunityFieldHistory"):
            record = record | {"LastModifiedDate": at}
        if name != "User":
            record = record | {"IsDeleted": False}
        self.last[record_id] = at, record
        self.versions.append(Version(OBJECTS[name], record_id, at, record))
        return record_id

    def _after(self, record_id: str, at: datetime) -> datetime:
        before = self.last.get(record_id)
        at = at.replace(microsecond=0)
        return max(at, before[0] + timedelta(seconds=1)) if before else at

    def lately(self, record_id: str, days: float = 60, until_days: float = 0) -> datetime:
        """Some office hour of the last days, after the record's last change."""
        first = max(self.world.now - timedelta(days=days), self.last[record_id][0] + timedelta(seconds=5))
        return self.chance.office_instant(first, self.world.now - timedelta(days=until_days))

    def owner(self) -> str:
        return self.chance.choice(list(self.user_ids.values()))

    def users(self) -> None:
        for employee in self.world.staff:
            if employee.team == "sales":
                fields: dict[str, Any] = {"Username": employee.email, "Email": employee.email, "Name": employee.name}
                fields |= {"IsActive": True, "ManagerId": None, "UserRoleId": None, "ProfileId": None}
                made = self.create("User", self.new_id("005"), employee.joined_at, fields)
                self.user_ids[employee.owner_id] = made
                if employee.left_at:
                    self.update("User", made, employee.left_at, IsActive=False)

    def opportunities(self) -> None:
        """The doubles of HubSpot's deals, of which one was deleted here alone, and the deals HubSpot does not know."""
        made = [self.opportunity(one, one.opportunity_id) for one in self.world.pursuits if one.opportunity_id]
        known = [one for one in made if self.last[one][0] < self.world.now - timedelta(days=9)]
        self.delete("Opportunity", known[3], self.lately(known[3], 7, 1))
        for one in only_in_salesforce(self.world):
            if one.opportunity_id:
                self.opportunity(one, one.opportunity_id)
                for at, _ in one.record.archivings:
                    self.delete("Opportunity", one.opportunity_id, at)

    def opportunity(self, pursuit: Pursuit, made: str) -> str:
        """Each stage it enters is a row of OpportunityHistory, each old and new value one of the field history. Of some
        deals only HubSpot was told the later amounts."""
        account_id, record = self.account_ids.get(pursuit.company_id), pursuit.record
        owner_id = self.user_ids.get(record.value("hubspot_owner_id", self.world.now)) or self.owner()
        fields: dict[str, Any] = {
            "Name": record.value("dealname", record.created_at),
            "AccountId": account_id,
            "OwnerId": owner_id,
        }
        fields |= {"Type": "New Business", "LeadSource": "Web", "CampaignId": None}
        fields |= {"CurrencyIsoCode": record.value("deal_currency_code", record.created_at)}
        is_behind = record.id.endswith("7") and record.id.isdigit()
        before: dict[str, Any] = {}
        for at in sorted({change.at.replace(microsecond=0) for change in record.changes}):
            now = _deal(record.properties(at + timedelta(seconds=1)))
            if is_behind and before:
                now |= {name: before[name] for name in ("Amount", "ExpectedRevenue")}
            if now == before:
                continue
            if before:
                self.update("Opportunity", made, at, **now)
            else:
                self.create("Opportunity", made, at, fields | now)
            told_at = self.last[made][0]
            shown = {name: now[name] for name in ("StageName", "Amount", "CloseDate", "Probability", "ExpectedRevenue")}
            about = {"OpportunityId": made, "CreatedById": owner_id}
            self.create("OpportunityHistory", self.new_id("008"), told_at, {**about, **shown, "ForecastCategory": None})
            is_tracked = before and at >= self.world.now - _TRACKED
            for name in ("StageName", "Amount") if is_tracked else ():
                if before[name] != now[name]:
                    change = {"Field": name, "OldValue": before[name], "NewValue": now[name]}
                    self.create("OpportunityFieldHistory", self.new_id("017"), told_at, {**about, **change})
            before = now
        return made

    def opportunity_of(self, account_id: str) -> str | None:
        """One of the account that HubSpot knows too."""
        known = (one for one in self.world.pursuits if self.account_ids.get(one.company_id) == account_id)
        return next((one.opportunity_id for one in known if one.opportunity_id), None)

    def activities(self) -> None:
        for number, (contact_id, account_id) in enumerate(self.chance.sample(self.contact_ids[3:], 24)):
            about: dict[str, Any] = {"WhoId": contact_id, "WhatId": account_id, "AccountId": account_id}
            about |= {"OwnerId": self.owner(), "Description": _LOGGED.get(number)}
            if number in _LOGGED:
                about["WhatId"] = self.opportunity_of(account_id) or account_id
            at = self.lately(contact_id, 70)
            if number % 3 == 2:
                fields = {"Subject": "Resident payments review", "StartDateTime": at + timedelta(days=3)}
                fields |= {"EndDateTime": at + timedelta(days=3, hours=1)}
                self.create("Event", self.new_id("00U"), at, about | _whole(fields))
                continue
            fields = {"Subject": "Call", "Status": "Not Started", "IsClosed": False, "TaskSubtype": "Call"}
            fields |= {"CallDurationInSeconds": None, "ActivityDate": f"{at + timedelta(days=2):%Y-%m-%d}"}
            made = self.create("Task", self.new_id("00T"), at, about | fields)
            if number % 2 == 0:
                done = {"Status": "Completed", "IsClosed": True, "CallDurationInSeconds": self.chance.randint(40, 2400)}
                self.update("Task", made, at + timedelta(hours=self.chance.randint(1, 40)), **done)


def _deal(told: dict[str, str]) -> dict[str, Any]:
    stage = _STAGES[told["dealstage"]]
    amount = float(told["amount"]) if told.get("amount") else None
    closes_at = told.get("closedate")
    probability = float(stage.probability * 100)
    return {
        "StageName": stage.label.title(),
        "Amount": amount,
        "Probability": probability,
        "ExpectedRevenue": None if amount is None else round(amount * probability / 100, 2),
        "CloseDate": f"{company_date(datetime.fromisoformat(closes_at)):%Y-%m-%d}" if closes_at else None,
        "IsClosed": stage.is_closed,
        "IsWon": stage.id == WON,
    }


def _whole(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: one.replace(microsecond=0) if isinstance(one, datetime) else one for name, one in fields.items()}
