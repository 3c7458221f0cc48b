"""The worker: every shard of one job, the same on a laptop, on Modal and on Lambda Labs.

    python -m gpu_jobs.run --manifest gpu/jobs/<job>/manifest.json --lake s3://bucket

It needs the lake and nothing else. While it lives it writes a heartbeat beside the manifest; its last one says how it
ended. It may be killed at any time: at most the shard in hand is lost, and whoever runs the job again skips the rest.
"""

import argparse
import importlib
import json
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from events import keys
from events.gpu_job import VERSION, Done, Heartbeat, Manifest, Shard

from .ahead import ahead
from .engines.encoder import CACHE, BadHost, Engine, is_for_gpu
from .engines.weights import WeightsRefused
from .job import JobRefused, Options, Prepared, ShardLost, Work, finish, prepare
from .lake import Lake, LakeUnavailable, open_lake

HEARTBEAT_S = 30
_OURS = (BadHost, JobRefused, LakeUnavailable, ShardLost, WeightsRefused)
FINISHED, FAILED, STOPPED, REFUSED, BAD_HOST = 0, 1, 3, 4, 5
_EXITS = """\
exit codes:
  0  every shard is done
  1  failed; the heartbeat says why
  2  the command line is wrong
  3  stopped by SIGTERM or at the job's end, with shards left: run it again
  4  refused: no such manifest, another model or version than this worker has, or weights of another hash
  5  bad host: this machine cannot do the work, another can
"""


@dataclass(frozen=True)
class Ended:
    """How a worker ended, for its last heartbeat and for its exit code. reason is a code."""

    exit_code: int
    verdict: Literal["bad_host", "failed", "finished"]
    reason: str = ""
    shards_done: int = 0


def read_manifest(lake: Lake, key: str) -> Manifest:
    """Raises JobRefused for none, or one of a later version than this worker knows."""
    body = lake.get(key)
    if body is None:
        raise JobRefused("no_manifest")
    try:
        manifest = msgspec.json.decode(body, type=Manifest)
    except msgspec.DecodeError:
        raise JobRefused("manifest_unreadable") from None
    if manifest.manifest_version != VERSION:
        raise JobRefused("other_manifest_version")
    return manifest


def work_through(
    manifest: Manifest,
    work: Work,
    lake: Lake,
    now: Callable[[], datetime],
    is_stopped: Callable[[], bool],
    tell: Callable[[Shard, Done | None, int], None],
) -> Ended:
    """Every shard in order, the next one read while the device has this one. tell hears of each that is done, with its
    marker (None: another's lay there) and how many are done by now.

    A shard that is lost costs no other. Raises LakeUnavailable, and what the engine raises for every text alike.
    """
    count, lost = 0, False

    def prepared(shard: Shard) -> Prepared | ShardLost:
        try:
            return prepare(shard, work, lake)
        except ShardLost as error:
            return error

    for shard, ready in ahead(prepared, manifest.shards, depth=1):
        if is_stopped():
            return Ended(STOPPED, "failed", "terminated", count)
        if now() >= manifest.ends_at:
            return Ended(STOPPED, "failed", "out_of_time", count)
        if isinstance(ready, ShardLost):
            say("shard_lost", job_id=manifest.job_id, shard_id=shard.shard_id, error=str(ready))
            lost = True
            continue
        done = finish(manifest, ready, work, lake, now(), time.monotonic)
        count += 1
        tell(shard, done, count)
    return Ended(FAILED, "failed", "shard_lost", count) if lost else Ended(FINISHED, "finished", "", count)


class Heart:
    """Writes a heartbeat now and every so often, until it is left; then the last one."""

    def __init__(self, lake: Lake, job_id: str, worker: str, now: Callable[[], datetime]) -> None:
        self._lake, self._job_id, self._worker, self._now = lake, job_id, worker, now
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self.shards_done = 0

    def __enter__(self) -> "Heart":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._thread.join()

    def _beat(self) -> None:
        while True:
            self.write("working")
            if self._left.wait(HEARTBEAT_S):
                return

    def write(self, verdict: Literal["working", "bad_host", "failed", "finished"], reason: str = "") -> None:
        beat = Heartbeat(
            job_id=self._job_id,
            worker=self._worker,
            at=self._now(),
            shards_done=self.shards_done,
            verdict=verdict,
            reason=reason,
        )
        try:
            self._lake.put(keys.gpu_heartbeat(self._job_id), msgspec.json.encode(beat))
        except LakeUnavailable as error:  # the next one says the same, and work that goes well goes on
            say("heartbeat_not_written", job_id=self._job_id, error=str(error))


def run(
    key: str, lake: Lake, options: Options, worker: str, now: Callable[[], datetime], is_stopped: Callable[[], bool]
) -> Ended:
    """The whole job. Raises nothing: what goes wrong is in the answer and in the last heartbeat."""
    try:
        manifest = read_manifest(lake, key)
    except (JobRefused, LakeUnavailable) as error:
        return _ended(error)
    with Heart(lake, manifest.job_id, worker, now) as heart:

        def tell(shard: Shard, done: Done | None, count: int) -> None:
            heart.shards_done = count
            told = msgspec.to_builtins(done) if done else {"job_id": manifest.job_id, "shard_id": shard.shard_id}
            say("shard_done" if done else "shard_skipped", **told | {"refused": len(done.refused) if done else 0})

        try:
            kind = importlib.import_module(f"gpu_jobs.jobs.{manifest.kind}")
            ended = work_through(manifest, kind.start(manifest, options), lake, now, is_stopped, tell)
        except Exception as error:
            ended = replace(_ended(error), shards_done=heart.shards_done)
    heart.write(ended.verdict, ended.reason)
    return ended


def _ended(error: Exception) -> Ended:
    *_, last = traceback.extract_tb(error.__traceback__)
    # Not the message of an error we do not know: it may repeat a document's text.
    message = str(error) if isinstance(error, _OURS) else type(error).__name__
    say("worker_failed", error=message, at=f"{Path(last.filename).name}:{last.lineno}")
    match error:
        case BadHost():
            return Ended(BAD_HOST, "bad_host", str(error))
        case JobRefused():
            return Ended(REFUSED, "failed", str(error))
        case WeightsRefused():
            return Ended(REFUSED, "failed", "weights_refused")
        case LakeUnavailable():
            return Ended(FAILED, "failed", "lake_unavailable")
        case _:
            return Ended(FAILED, "failed", f"raised_{type(error).__name__}")


def say(event: str, **fields: Any) -> None:
    """A line of JSON on standard error: what happened, never a text."""
    print(json.dumps({"event": event, **fields}), file=sys.stderr, flush=True)


def _one_thread_each() -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m gpu_jobs.run",
        description="Work through the shards of a GPU job, and leave results and markers in the lake.",
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--manifest", required=True, metavar="KEY", help="key of the job's manifest in the lake")
    parser.add_argument("--lake", required=True, metavar="s3://BUCKET|FOLDER")
    parser.add_argument("--engine", choices=get_args(Engine), default="auto", help="auto: packed where torch is")
    parser.add_argument("--weights", type=Path, metavar="FOLDER", help="the model's weights, if not packaged")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", default=CACHE)
    parser.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="that cut documents beside the device; all cores but two by a GPU, else none",
    )
    told = parser.parse_args(arguments)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    # Forked processes would share what CUDA and the tokenizer's threads hold.
    context = multiprocessing.get_context("spawn")
    processes = told.processes
    if processes is None:
        processes = max(1, (os.cpu_count() or 1) - 2) if is_for_gpu(told.engine) else 0
    pool = ProcessPoolExecutor(processes, context, _one_thread_each) if processes else None
    try:
        options = Options(told.engine, told.weights, told.cache, pool)
        worker = f"{socket.gethostname()}-{os.getpid()}"
        ended = run(told.manifest, open_lake(told.lake), options, worker, lambda: datetime.now(UTC), stopped.is_set)
    finally:
        if pool:
            pool.shutdown(cancel_futures=True)
    say("worker_ended", verdict=ended.verdict, reason=ended.reason, shards_done=ended.shards_done)
    return ended.exit_code


if __name__ == "__main__":
    sys.exit(main())
