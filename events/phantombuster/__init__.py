"""PhantomBuster's records as far as staging reads them, and samples of what PhantomBuster sends.

A sample named `webhook__*.json` is the delivery at a run's end; `pull__*.json` is one answer of the API, or one result
file. Nothing of a delivery's meaning lies in its headers. Ids are text beyond 2^53, numbers in older accounts; times
are milliseconds since 1970.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, coerce_numbers_to_str=True)


class Agent(_Record):
    id: str
    name: str | None = None
    script: str | None = None
    launch_type: str | None = None


class Container(_Record):
    """A run, as the API tells it. `finished` does not mean success: the exit code does."""

    id: str
    agent_id: str | None = None
    status: str | None = None
    created_at: int | None = None
    launched_at: int | None = None
    ended_at: int | None = None
    exit_code: int | None = None


class AgentEnd(_Record):
    """The same run as its delivery tells it, without any time."""

    container_id: str
    agent_id: str | None = None
    agent_name: str | None = None
    run_duration: int | None = None
    """Milliseconds."""
    exit_code: int | None = None
    exit_message: str | None = None
    result_object: str | None = None
    """JSON as text: rows, or the addresses of files."""


class Result(_Record):
    """One row of a result file, in our own wrapper. Its columns, and their case, vary by phantom."""

    agent_id: str
    row: dict[str, Any]
