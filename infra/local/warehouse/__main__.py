"""The local warehouse as a process: `python -m infra.local.warehouse --port 9192 --directory .sophia/warehouse`.

Databases survive SIGTERM and kill -9, one DuckDB file each. Credentials are never checked, so it listens on loopback
only. With --port 0 the system picks a port; the chosen one is printed as `listening on 127.0.0.1:PORT`.
"""

import argparse
import contextlib
import gc
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

os.environ["TZ"] = "UTC"  # before DuckDB is imported: instants without a zone are UTC
time.tzset()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=9192)
    parser.add_argument("--directory", type=Path, default=Path(".sophia/warehouse"))
    parser.add_argument("--translations", type=Path, help="file of translated statements (default: this checkout's)")
    options = parser.parse_args()

    listener = _listen(options.port)
    # Of the connector fakesnow takes a little; for data frames and files of a client it would import them all the same.
    with _taken_for_absent("pandas", "boto3"):
        from infra.local.warehouse.application import CannotOpen, application  # noqa: PLC0415  DuckDB reads TZ on import

    try:
        app = application(options.directory, options.translations)
    except CannotOpen as error:
        sys.exit(str(error))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    # Every statement is a tree whose nodes know their parents: looking through them for garbage costs much.
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    server.run(sockets=[listener])


@contextlib.contextmanager
def _taken_for_absent(*packages: str) -> Iterator[None]:
    """Whoever can do without them does; whoever imports them later finds them."""
    missing: Any = dict.fromkeys(packages)  # None is how Python notes a module that is not to be found
    sys.modules.update(missing)
    try:
        yield
    finally:
        for package in packages:
            del sys.modules[package]


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        sys.exit(f"port {port} of 127.0.0.1 cannot be used ({error.strerror}): stop what listens there or use --port")
    listener.listen(128)
    return listener


if __name__ == "__main__":
    main()
