"""Snowflake's connector itself, where a version of it once stopped a process for good."""

import subprocess
import sys

FIRST_ROWS_AT_ONCE = """
import io, sys, threading
import pyarrow
from snowflake.connector.arrow_context import ArrowConverterContext
from snowflake.connector.nanoarrow_arrow_iterator import PyArrowRowIterator

number = pyarrow.field("n", pyarrow.int64(), metadata={"logicalType": "FIXED", "precision": "38", "scale": "0"})
sent = io.BytesIO()
with pyarrow.ipc.new_stream(sent, pyarrow.schema([number])) as stream:
    stream.write_table(pyarrow.table([[1]], schema=pyarrow.schema([number])))
ready = threading.Barrier(16)

def read():
    ready.wait()
    list(PyArrowRowIterator(None, sent.getvalue(), ArrowConverterContext(), False, False, False, True))

sys.setswitchinterval(1e-7)
threads = [threading.Thread(target=read, daemon=True) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_threads_read_their_first_rows_at_once() -> None:
    """As dbt's do, which list the schemas. In 4.7 and 4.8 one of them sets up the logger behind a lock of C++ and gives
    up the interpreter meanwhile; who waits for the lock keeps it: 17 of 20 such processes never ended."""
    subprocess.run([sys.executable, "-c", FIRST_ROWS_AT_ONCE], timeout=60, check=True)
