"""A job from its documents in Parquet to its vectors in Parquet: chunking, tokenizing, the device and the files."""

import dataclasses
import multiprocessing
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from events.gpu_job import Done, Shard
from gpu_jobs.engines.packed_torch import PackedTorch
from gpu_jobs.engines.weights import BERT_BASE, random_checkpoint
from gpu_jobs.jobs.embed import ChunksOf, Embed
from gpu_jobs.lake import FolderLake
from gpu_jobs.models import MODELS
from gpu_jobs.run import work_through

from .embed_job import put_job
from .texts import page

SHARD = 1_000
PAGES = 50
"""So many are written and then repeated, because drawing words takes longer than a GPU."""


def measured(documents: int, tokenizer: Path, device: str, layers: int) -> dict[str, float]:
    """Documents, chunks and tokens a second over the whole job, the first shard left out: it warms up."""
    model = dataclasses.replace(MODELS["tiny-768"], max_tokens=512)
    weights = random_checkpoint(dataclasses.replace(BERT_BASE, layers=layers), seed=1, tokenizer_file=tokenizer)
    pages = [page(tokenizer, sections=4, seed=seed) for seed in range(min(PAGES, documents))]
    processes = max(1, (os.cpu_count() or 1) - 2)
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool,
    ):
        lake = FolderLake(Path(folder))
        written = [pages[number % len(pages)] for number in range(documents)]
        manifest = put_job(lake, model, "page", written, in_a_shard=min(SHARD, max(1, documents // 3)))
        work = Embed(model, PackedTorch(model, weights, device), ChunksOf(model, tokenizer), pool)
        seen: list[tuple[float, Done]] = []

        def tell(shard: Shard, done: Done | None, count: int) -> None:
            if done:
                seen.append((time.perf_counter(), done))

        work_through(manifest, work, lake, lambda: datetime.now(UTC), lambda: False, tell)
    (begun, _), *rest = seen
    seconds = rest[-1][0] - begun
    return {
        "documents_s": sum(done.documents for _, done in rest) / seconds,
        "chunks_s": sum(done.chunks for _, done in rest) / seconds,
        "tokens_s": sum(done.tokens for _, done in rest) / seconds,
        "device_share": sum(done.seconds for _, done in rest) / seconds,
    }
