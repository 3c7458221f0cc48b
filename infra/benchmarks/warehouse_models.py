"""The warehouse models at volume: a full build, the five-minute loop as history grows, and what a reader waits for.

The emulator sets the pace: how times grow with history says something of our models, the times themselves nothing of
Snowflake's. The company's own records are those of the demo; volume.py adds what comes in masses.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from infra import dbt
from infra.company.volume import Volume
from infra.company.world import World
from infra.local.stack import Stack
from infra.local.warehouse.running import connect
from infra.warehouse import query

NEWS = 1_000
QUESTIONS = {
    "KPI query": "select * from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS order by date_key desc limit 30",
    "Dashboard query": "select * from EXECUTIVE_DASHBOARD.EXECUTIVE_DASHBOARD_30D",
}


@dataclass(frozen=True)
class Built:
    """A full build over so many events; peak_mb is the warehouse's, which does the work."""

    events: int
    seconds: float
    peak_mb: float


class Company:
    """The volume of one company in a running stack, growing."""

    def __init__(self, stack: Stack, world: World, largest: int) -> None:
        self.stack, self.world, self.largest = stack, world, largest
        self._landed = 0

    def grow_to(self, count: int) -> None:
        """Land the next events, by the pipe's own COPY from objects under a prefix that Snowpipe does not watch."""
        prefix = f"bench/models/{self._landed}/"
        volume = Volume(self.world, count - self._landed, self._landed, total=self.largest)
        s3 = self.stack.client("s3")
        for key, body in volume.objects():
            s3.put_object(Bucket=self.stack.lake_bucket, Key=prefix + key.removeprefix("events/"), Body=body)
        text = query(self.stack.warehouse_port, "describe pipe SOPHIA.RAW_DATA.EVENTS_PIPE")[0]["definition"]
        with connect(self.stack.warehouse_port, network_timeout=1_800) as connection:
            connection.cursor().execute(text.rstrip("; \n").replace("/events/", f"/{prefix}", 1))
        self._landed = count

    def build(self) -> Built:
        """Every model anew."""
        seconds = self._dbt("run", "--full-refresh")
        rows = query(self.stack.warehouse_port, "select count(*) as n from RAW_DATA.EVENTS")[0]["N"]
        return Built(int(rows), seconds, self._peak_mb())

    def hot_loop_s(self) -> float:
        """What the five-minute loop takes after so many new events."""
        self.grow_to(self._landed + NEWS)
        return self._dbt(
            "run", "--select", "tag:hot,config.materialized:incremental", "tag:hot,config.materialized:table"
        )

    def answers_ms(self, text: str, times: int = 100) -> list[float]:
        """How long a reader waits, one question after the other over one connection."""
        return list(self._asked(text, times))

    def _asked(self, text: str, times: int) -> Iterator[float]:
        with connect(self.stack.warehouse_port) as connection:
            for _ in range(times):
                began = time.perf_counter()
                connection.cursor().execute(text).fetchall()  # type: ignore[union-attr]
                yield (time.perf_counter() - began) * 1000

    def _dbt(self, *arguments: str) -> float:
        """dbt's own start, which does not grow, is left out."""
        folder = str(self.stack.dbt_folder)
        command = dbt.command(*arguments, "--quiet", "--target-path", folder, "--log-path", folder)
        as_of = ["--vars", f"{{as_of: '{self.world.now.isoformat()}'}}"]
        environment = dbt.environment(self.stack.warehouse_port)
        subprocess.run([*command, *as_of], env=environment, cwd=dbt.ROOT, check=True)
        return float(json.loads(Path(folder, "run_results.json").read_text())["elapsed_time"])

    def _peak_mb(self) -> float:
        pids = [row["pid"] for row in self.stack.status() if row["part"] == "warehouse"]
        status = Path(f"/proc/{psutil.Process(pids[0]).pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
