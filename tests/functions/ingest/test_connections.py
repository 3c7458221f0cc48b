"""Connections."""

import dataclasses
from datetime import UTC, datetime

import pytest
from pull_fakes import CONNECTION

from chalicelib.errors import ConfigurationMissing


def test_what_was_connected_is_read_back(connections):
    wanted = dataclasses.replace(
        CONNECTION, options={"repositories": ["a/b"]}, start_at=datetime(2026, 7, 1, tzinfo=UTC)
    )
    connections.connect(wanted)
    assert connections.get("vendor", "default") == wanted


def test_connecting_again_replaces(connections):
    connections.connect(CONNECTION)
    connections.connect(dataclasses.replace(CONNECTION, credentials={"token": "new"}))
    assert connections.get("vendor", "default").credentials == {"token": "new"}
    assert len(connections.all()) == 1


def test_a_listing_names_every_connection_without_secrets(connections):
    connections.connect(CONNECTION)
    connections.connect(dataclasses.replace(CONNECTION, connection_id="emea"), is_enabled=False)
    assert [(one.connection_id, one.is_enabled) for one in connections.all()] == [("default", True), ("emea", False)]


def test_there_is_no_connection_where_none_was_made_or_it_is_disabled(connections):
    assert connections.get("vendor", "default") is None
    connections.connect(CONNECTION, is_enabled=False)
    assert connections.get("vendor", "default") is None


def test_an_item_written_by_hand_is_understood(connections, table, aws):
    aws("dynamodb").put_item(
        TableName="sophia-state",
        Item={
            "pk": {"S": "connection"},
            "sk": {"S": "vendor/default"},
            "base_url": {"S": "https://vendor.example"},
            "start_at": {"S": "2026-07-01"},
        },
    )
    aws("secretsmanager").create_secret(Name="sophia/vendor/default", SecretString='{"token": "t"}')
    assert connections.get("vendor", "default").start_at == datetime(2026, 7, 1, tzinfo=UTC)
    connections.connect(CONNECTION)
    assert connections.get("vendor", "default").base_url == CONNECTION.base_url


@pytest.mark.parametrize("text", ["not json", "[1]", '"token"'])
def test_a_secret_that_is_no_object_is_told_by_name_and_never_shown(connections, aws, text):
    connections.connect(CONNECTION)
    aws("secretsmanager").put_secret_value(SecretId="sophia/vendor/default", SecretString=text)
    with pytest.raises(ConfigurationMissing, match="sophia/vendor/default") as missing:
        connections.get("vendor", "default")
    assert text not in str(missing.value)


def test_a_missing_secret_is_told_by_name(connections, aws):
    connections.connect(CONNECTION)
    aws("secretsmanager").delete_secret(SecretId="sophia/vendor/default", ForceDeleteWithoutRecovery=True)
    with pytest.raises(ConfigurationMissing, match="sophia/vendor/default"):
        connections.get("vendor", "default")
