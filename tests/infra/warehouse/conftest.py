"""One warehouse for the tests of this folder, with an object store to load from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector

from infra.local.warehouse.running import connect, running_warehouse
from tests.infra.warehouse.object_store import ObjectStore, running_object_store

STORE_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass
class Client:
    """Connections to one database of the warehouse, each closed at the end."""

    port: int
    database: str
    opened: list[snowflake.connector.SnowflakeConnection] = field(default_factory=list)

    def connect(self, **more: Any) -> snowflake.connector.SnowflakeConnection:
        connection = connect(self.port, database=self.database, **more)
        self.opened.append(connection)
        return connection

    def rows(self, sql: str, *arguments: Any) -> list[Any]:
        """The rows of one statement, over one connection kept for it."""
        if not self.opened:
            self.connect()
        return self.opened[0].cursor().execute(sql, *arguments).fetchall()

    def run(self, *statements: str) -> list[Any]:
        """The rows of the last of some statements."""
        return [self.rows(statement) for statement in statements][-1]

    def close(self) -> None:
        for connection in self.opened:
            connection.close()
        self.opened.clear()


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    with running_object_store() as store:
        yield store


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory, object_store: ObjectStore) -> Iterator[int]:
    directory: Path = tmp_path_factory.mktemp("warehouse")
    environment = {"AWS_ENDPOINT_URL_S3": object_store.endpoint, **STORE_CREDENTIALS}
    with running_warehouse(directory, environment=environment) as port:
        yield port


@pytest.fixture(scope="session")
def client_of(warehouse: int) -> Callable[[str], Client]:
    return lambda database: Client(warehouse, database)


@pytest.fixture(scope="module")
def client(client_of: Callable[[str], Client], request: pytest.FixtureRequest) -> Iterator[Client]:
    """A database of the test module's own."""
    module = client_of(request.module.__name__.rpartition(".")[2].upper())
    yield module
    module.close()
