"""Embedding on a CPU: rows a second of ours and of sentence-transformers, and peak memory over many shards.

Each memory is a process of its own (`python -m infra.benchmarks.embedding SHARDS`), because a peak never falls.
"""

import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from gpu_jobs.engines.onnx_bert import OnnxBert
from gpu_jobs.engines.weights import checkpoint, packaged
from gpu_jobs.jobs.embed import ChunksOf, Embed
from gpu_jobs.lake import FolderLake
from gpu_jobs.models import LOCAL, MODELS
from gpu_jobs.run import work_through
from infra.local.stack import Steps

from .embed_job import put_job
from .page import Row
from .texts import texts

ROOT = Path(__file__).parents[2]
MODEL = MODELS[LOCAL]
IN_A_SHARD = 20
CACHE = ROOT / ".sophia" / "graphs"
FEW, MANY = 10, 100
ABOUT = (
    "MiniLM on one core, in CPU time, over messages, chunks and texts at the model's limit as companies write them. "
    "sentence-transformers, and torch with it, is in no environment of this repository (pyproject.toml says why); "
    "installed beside ours, it embeds the same texts by turns with ours. `make bench-gpu` measures on a GPU."
)


@dataclass(frozen=True)
class Round:
    """Rows a second of CPU time, on one core; theirs is None where sentence-transformers is not installed."""

    ours: float
    theirs: float | None


def rows(steps: Steps, size: int) -> Iterable[Row]:
    """The part `embed` of `make bench`; size is that of another part."""
    with steps.step("embed on one core"):
        measured = rounds()
    ours, theirs = tuple(one.ours for one in measured), tuple(one.theirs for one in measured if one.theirs)
    missing = "" if theirs else " (sentence-transformers is not installed: nothing to compare with)"
    yield Row(f"Embedding{missing}", "rows/s", ours)
    if theirs:
        times = median(ours) / median(theirs)
        installed = ", ".join(f"{name} {version(name)}" for name in ("sentence-transformers", "torch"))
        yield Row(f"{installed}, the same rows", "rows/s", theirs)
        yield Row("Embedding against sentence-transformers", "times", (times,), "≥ 1.1", times >= 1.1)
    with steps.step("embed many shards"):
        few, many = peak_mb(FEW), peak_mb(MANY)
    yield Row(f"Embedding, peak memory after {FEW} shards", "MB", (few,))
    yield Row(f"Embedding, peak memory after {MANY} shards", "MB", (many,), "flat", many - few < few / 20)


def rounds(count: int = 200, times: int = 3, kind: str = "mix") -> list[Round]:
    """Ours and theirs by turns over the same texts, so that a busy moment of the machine falls on both."""
    engine = OnnxBert(MODEL, checkpoint(MODEL), CACHE, threads=1)
    written = texts(packaged().tokenizer_file, kind, count, longest=MODEL.max_tokens - 2)
    theirs = _reference()
    engine.encode(written[:8])
    found = []
    for _ in range(times):
        begun = time.process_time()
        engine.encode(written)
        between = time.process_time()
        if theirs:
            theirs.encode(written, batch_size=32, show_progress_bar=False, normalize_embeddings=True)
        ended = time.process_time()
        found.append(Round(count / (between - begun), count / (ended - between) if theirs else None))
    return found


def peak_mb(shards: int) -> float:
    """Of a process that embeds so many shards of 20 messages each."""
    command = [sys.executable, "-m", "infra.benchmarks.embedding", str(shards)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout)["peak_mb"])


def _reference() -> Any:
    if not importlib.util.find_spec("sentence_transformers"):
        return None
    import torch  # noqa: PLC0415  seldom installed
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    torch.set_num_threads(1)
    theirs = SentenceTransformer(str(packaged().tokenizer_file.parent), device="cpu")
    theirs.max_seq_length = MODEL.max_tokens
    return theirs


def _embed(shards: int) -> float:
    """The peak in MB."""
    written = texts(packaged().tokenizer_file, "message", shards * IN_A_SHARD, longest=60)
    with tempfile.TemporaryDirectory() as folder:
        lake = FolderLake(Path(folder))
        manifest = put_job(lake, MODEL, "note", written, IN_A_SHARD)
        encoder = OnnxBert(MODEL, checkpoint(MODEL), CACHE, threads=1)
        work = Embed(MODEL, encoder, ChunksOf(MODEL, packaged().tokenizer_file))
        work_through(manifest, work, lake, lambda: datetime.now(UTC), lambda: False, lambda *_: None)
    # Not getrusage's: that starts with the peak of the process this one was forked from.
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def main() -> None:
    print(json.dumps({"peak_mb": _embed(int(sys.argv[1]))}))


if __name__ == "__main__":
    main()
