"""Whoever asks to be erased is in no table, neither after the request nor after a vendor tells of them again."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow
import pytest
from pyarrow import compute

from events.erasure import Erasure, subject_hashes
from infra.company.crm import Record
from tests.dbt_project.known_company import KnownCompany, copy_of
from tests.dbt_project.story import Told
from tests.dbt_project.warehouse import Warehouse

SOURCES = ("apollo", "gong", "hubspot", "intercom", "phantombuster", "salesforce", "slack", "usergems", "zendesk")
"""Where customers' people are told of."""
NUMBERS = ("EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS", "EXECUTIVE_DASHBOARD.EXECUTIVE_DASHBOARD_30D")
OF_PEOPLE = "customer_health_score"
"""It counts who writes and who left: of a person nobody knows any more, it can count neither."""


@dataclass(frozen=True)
class Erased:
    """A company before and after one of its customers' people was erased."""

    warehouse: Warehouse
    subject: Record
    another: Record
    before: dict[str, Any]

    def traces(self, schema: str = "") -> list[str]:
        """Tables and views of our models, all or those of a schema, in which some column of some row still tells of the
        subject."""
        nodes = [node for node in self.warehouse.manifest.nodes.values() if node.resource_type in ("model", "snapshot")]
        tables = [f"{node.schema}.{node.name}" for node in nodes if schema in ("", node.schema)]
        assert tables
        return [table for table in tables if _tells(self.warehouse, table, self.subject)]


@pytest.fixture(scope="module")
def erased(company: KnownCompany, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erased]:
    subject, another = _talkative(company)
    with copy_of(company, tmp_path_factory.mktemp("erased")) as warehouse:
        before = {table: warehouse.rows(table) for table in NUMBERS}
        assert all(_tells(warehouse, table, subject) for table in ("STAGING.BASE_RECORDS", "RAW_DATA.EVENTS"))
        _erase(warehouse, subject)
        warehouse.run_again()
        yield Erased(warehouse, subject, another, before)


def test_no_table_tells_of_the_person(erased: Erased) -> None:
    assert erased.traces() == []


def test_the_person_s_records_stay_as_empty_ones(erased: Erased) -> None:
    [contact] = erased.warehouse.query(
        "select email, first_name, last_name, job_title, company_id from STAGING.STG_HUBSPOT__CONTACTS"  # noqa: S608
        f" where contact_id = '{erased.subject.id}'"
    )
    assert set(contact.values()) == {None}


def test_everybody_else_stays(erased: Erased) -> None:
    assert _tells(erased.warehouse, "STAGING.STG_HUBSPOT__CONTACTS", erased.another)


def test_no_number_moves_but_what_is_counted_of_people(erased: Erased) -> None:
    """An address becomes erased@ and its domain, so a call still finds its account."""
    moved = [
        (table, name, before[name], after[name], before.get("date_key"))
        for table in NUMBERS
        for before, after in zip(erased.before[table], erased.warehouse.rows(table), strict=True)
        for name in before
        if before[name] != after[name] and name != OF_PEOPLE
    ]
    assert moved == []


def test_told_again_is_erased_again(erased: Erased) -> None:
    """Each event about the person is told anew, as an import would, by another id and by a later clock."""
    columns = (
        "source, connection_id, stream, entity_id, operation, lane, occurred_at, source_version, payload, object_key"
    )
    later = "dateadd(day, 1, {}) as {}"
    times = ", ".join(later.format(name, name) for name in ("source_updated_at", "received_at", "landed_at"))
    email = erased.subject.value("email", datetime.max.replace(tzinfo=UTC))
    again = (
        f"insert into SOPHIA.RAW_DATA.EVENTS (event_id, {columns}, source_updated_at, received_at, landed_at)"  # noqa: S608
        f" select md5(event_id), {columns}, {times} from SOPHIA.RAW_DATA.EVENTS"
        f" where contains(lower(payload::varchar), '{email.lower()}')"
    )
    erased.warehouse.query(again)
    erased.warehouse.run_again("path:dbt_project/models/staging")  # all that others know they know from staging
    assert erased.traces("STAGING") == []


def test_raw_events_are_redacted_by_an_operation_of_their_own(erased: Erased) -> None:
    """The last place: what landed again before it is redacted as well."""
    assert _tells(erased.warehouse, "RAW_DATA.EVENTS", erased.subject)
    erased.warehouse.dbt("run-operation", "redact_raw_events")
    assert not _tells(erased.warehouse, "RAW_DATA.EVENTS", erased.subject)


def _erase(warehouse: Warehouse, subject: Record) -> None:
    request = Erasure(
        request_id="er-1",
        requested_at=datetime(2026, 11, 20, 16, tzinfo=UTC),
        subject_hashes=subject_hashes(_identities(subject)),
    )
    payload = json.loads(msgspec.json.encode(request))
    at = "2026-11-20 16:00:00"
    event = Told("sophia", "erasure", request.entity_id, "event", at, payload, at, "api")
    [newest] = warehouse.query("select max(landed_at) as landed_at from SOPHIA.RAW_DATA.EVENTS")
    warehouse.land([event], newest["landed_at"])


def _identities(person: Record) -> tuple[str, str]:
    end = datetime.max.replace(tzinfo=UTC)
    return person.value("email", end), f"{person.value('firstname', end)} {person.value('lastname', end)}"


def _talkative(company: KnownCompany) -> tuple[Record, Record]:
    """The two contacts told of most, whose names nobody else bears."""
    world = company.world
    envelopes = [one for name in SOURCES for one in company.told[name]]
    text = b"\n".join(bytes(one.payload) for one in envelopes).decode().lower()
    names = Counter(_identities(one)[1] for one in world.market.contacts)
    names.update(employee.name for employee in world.staff)
    alone = [one for one in world.market.contacts if names[_identities(one)[1]] == 1 and one.is_live(world.now)]
    first, second = sorted(alone, key=lambda one: -text.count(_identities(one)[0].lower()))[:2]
    return first, second


def _tells(warehouse: Warehouse, table: str, person: Record) -> bool:
    """Whether any value of any row holds the address or the name, spelled as in text or as in a handle."""
    email, name = (identity.lower() for identity in _identities(person))
    needles = (email, name, name.replace(" ", "."), name.replace(" ", "-"))
    cursor = warehouse.connection.cursor().execute(f"select * from SOPHIA.{table}")  # noqa: S608
    values = [column.cast(pyarrow.string()) for column in cursor.fetch_arrow_all(force_return_table=True).columns]
    pattern = "|".join(map(re.escape, needles))
    return any(compute.any(compute.match_substring_regex(one, pattern, ignore_case=True)).as_py() for one in values)
