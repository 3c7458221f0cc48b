"""dlt landing payloads into DuckDB as one JSON column, for comparison: prints its seconds as JSON.

Run as a process of its own, so that its memory and imports are not ours: python -m infra.benchmarks.dlt_landing N
"""

import json
import os
import sys
import tempfile
import time

from .payloads import payloads


def main() -> None:
    count = int(sys.argv[1])
    records = [json.loads(payload) for payload in payloads(count)]
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(DLT_DATA_DIR=folder, RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="CRITICAL")
        import dlt  # noqa: PLC0415 - reads the environment when it is imported

        pipeline = dlt.pipeline(
            "landing", pipelines_dir=folder, destination=dlt.destinations.duckdb(f"{folder}/landing.duckdb")
        )
        events = dlt.resource(
            ({"event_id": str(number), "payload": record} for number, record in enumerate(records)),
            name="events",
            columns={"payload": {"data_type": "json"}},
            max_table_nesting=0,
        )
        started = time.perf_counter()
        pipeline.run(events, write_disposition="append")
        seconds = time.perf_counter() - started
        with pipeline.sql_client() as client:
            landed = client.execute_sql("select count(*) from events")
    if not landed or landed[0][0] != count:
        raise SystemExit(f"dlt landed {landed} of {count}")
    sys.stdout.write(json.dumps({"seconds": seconds}) + "\n")


if __name__ == "__main__":
    main()
