"""The main job as it was done, and the warehouse it left behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra import main_job
from infra.local.stack import Stack
from infra.warehouse import query


@dataclass(frozen=True)
class Job:
    """The company, the stack its main job ran on, and what the sender and the pulls reported."""

    company: main_job.Company
    stack: Stack
    done: main_job.Done

    def ask(self, text: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows of the warehouse, column names in lower case."""
        rows = query(self.stack.warehouse_port, text, parameters)
        return [{name.lower(): value for name, value in row.items()} for row in rows]
