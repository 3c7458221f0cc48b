"""Bring a warehouse to the newest migration: `python -m infra.snowflake.migrate --lake-bucket … --lake-role-arn …`.

Runs the V…__*.sql files here that the warehouse has not had yet, in order of version, through schemachange; what ran is
in SOPHIA.MIGRATIONS.CHANGE_HISTORY. Production is a connection of connections.toml, of a user with ACCOUNTADMIN and
with a warehouse that exists; the local warehouse is a port.
"""

import argparse
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog
from schemachange.config.DeployConfig import DeployConfig
from schemachange.deploy import deploy
from schemachange.session.SnowflakeSession import SnowflakeSession

from gpu_jobs.models import MODELS

HERE = Path(__file__).parent
DATABASE = "SOPHIA"
ROLE = "SYSADMIN"
HISTORY = "SOPHIA.MIGRATIONS.CHANGE_HISTORY"


def local(port: int) -> dict[str, Any]:
    """The local warehouse as a target."""
    return {
        "host": "127.0.0.1",
        "port": port,
        "protocol": "http",
        "account": "fakesnow",
        "user": "any",
        "password": "any",
        "network_timeout": 20,
    }


def migrate(target: Mapping[str, Any], variables: Mapping[str, str]) -> None:
    """Apply what is missing. target: arguments of the connector; variables: lake_bucket and lake_role_arn.

    Raises schemachange's ScriptExecutionError, which names the file and the statement; files before it stay applied.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    config = DeployConfig.factory(
        config_file_path=HERE / "schemachange-config.yml",  # optional to schemachange, and not there
        root_folder=HERE,
        change_history_table=HISTORY,
        create_change_history_table=True,
        config_vars={**variables, "embedding_models": list(MODELS.values())},
        log_level=logging.WARNING,
    )
    session = SnowflakeSession(
        schemachange_version="4.4.0",
        application="schemachange",
        logger=structlog.get_logger(),
        change_history_table=config.change_history_table,
        role=ROLE,  # taken again after every script, for the history
        additional_snowflake_params=dict(target),
    )
    try:
        # schemachange's own history needs the database before the first script runs.
        session.con.cursor().execute(f"create database if not exists {DATABASE}")
        deploy(config, session)
    finally:
        session.con.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--connection", help="a connection of connections.toml")
    target.add_argument("--port", type=int, help="the port of a local warehouse")
    parser.add_argument("--lake-bucket", required=True)
    parser.add_argument("--lake-role-arn", default="", help="the role Snowflake assumes to read the bucket")
    options = parser.parse_args()
    if options.connection and not options.lake_role_arn:
        parser.error("--lake-role-arn is needed with --connection")
    migrate(
        {"connection_name": options.connection} if options.connection else local(options.port),
        {"lake_bucket": options.lake_bucket, "lake_role_arn": options.lake_role_arn},
    )


if __name__ == "__main__":
    main()
