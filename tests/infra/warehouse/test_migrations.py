"""The migrations, run as they are in production."""

from pathlib import Path

import msgspec
import pytest

from events.envelope import Envelope
from infra.snowflake.migrate import HERE, local, migrate
from tests.infra.warehouse.conftest import Client

MIGRATIONS = [*sorted(HERE.glob("V*__*.sql")), *sorted(HERE.glob("R__*.sql"))]
VARIABLES = {"lake_bucket": "sophia-lake", "lake_role_arn": "arn:aws:iam::1:role/lake"}


@pytest.fixture(scope="module")
def migrated(warehouse: int) -> Client:
    migrate(local(warehouse), VARIABLES)
    return Client(warehouse, "SOPHIA")


def test_each_runs_once(migrated: Client) -> None:
    migrate(local(migrated.port), VARIABLES)

    applied = migrated.rows(
        "select script from MIGRATIONS.CHANGE_HISTORY where status = 'Success' order by installed_on"
    )
    assert [script for (script,) in applied] == [file.name for file in MIGRATIONS]


def test_the_raw_table_has_the_fields_of_the_envelope(migrated: Client) -> None:
    fields = {field.name for field in msgspec.structs.fields(Envelope)} - {"raw_body"}
    columns = [row[0].lower() for row in migrated.rows("describe table RAW_DATA.EVENTS")]

    assert set(columns) == fields | {"object_key", "landed_at"}
    assert columns[:2] == ["event_id", "source"]


def test_the_stage_is_the_bucket_it_was_told(migrated: Client) -> None:
    assert migrated.rows("show stages like 'LAKE' in schema SOPHIA.RAW_DATA")[0][4] == "s3://sophia-lake/"


@pytest.mark.parametrize("file", MIGRATIONS, ids=lambda file: file.name)
def test_each_says_which_role_runs_it_and_how_to_undo_it(file: Path) -> None:
    header = [line for line in file.read_text().splitlines() if line.startswith("--")]

    assert any(line.startswith("-- Role: ") and "Undo: " in line for line in header)
