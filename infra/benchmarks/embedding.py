"""Embedding on a CPU: rows a second of ours and of sentence-transformers, and peak memory over many shards.

    python -m infra.benchmarks.embedding

Each memory is a process of its own, because a peak never falls.
"""

import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpu_jobs.engines.onnx_bert import OnnxBert
from gpu_jobs.engines.weights import checkpoint, packaged
from gpu_jobs.jobs.embed import ChunksOf, Embed
from gpu_jobs.lake import FolderLake
from gpu_jobs.models import LOCAL, MODELS
from gpu_jobs.run import work_through

from .embed_job import put_job
from .texts import texts

ROOT = Path(__file__).parents[2]
MODEL = MODELS[LOCAL]
IN_A_SHARD = 20
CACHE = ROOT / ".sophia" / "graphs"


@dataclass(frozen=True)
class Round:
    """Rows a second of CPU time, on one core; theirs is None where sentence-transformers is not installed."""

    ours: float
    theirs: float | None


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
    if len(sys.argv) > 1:
        print(json.dumps({"peak_mb": _embed(int(sys.argv[1]))}))
        return
    print(rounds())
    print({shards: peak_mb(shards) for shards in (1, 10, 100)})


if __name__ == "__main__":
    main()
