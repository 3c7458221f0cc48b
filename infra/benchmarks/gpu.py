"""Embedding on a GPU: ours against sentence-transformers, the same weights and texts in one run.

    python -m infra.benchmarks.gpu [--out gpu.json]

Needs a CUDA device, torch and tokenizer.json; no network and no weights: they are drawn from a seed in the production
model's shape, which is right for speed and means nothing. Tokens are those of the texts, padding is never counted.
"""

import argparse
import dataclasses
import importlib.util
import json
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from gpu_jobs.engines.weights import BERT_BASE, Architecture, Checkpoint, WeightsRefused, packaged, random_checkpoint
from gpu_jobs.models import MODELS

from .texts import KINDS, texts

MAX_TOKENS = 512
LONGEST_WORDS = MAX_TOKENS - 2
# bf16, dense, in TFLOP/s: NVIDIA's data sheets, where the larger figure is with sparsity.
PEAKS = {"H200": 989, "H100": 989, "GH200": 989, "A100": 312, "L40S": 362, "L4": 121}
TARGET_TOKENS_S, TARGET_TIMES = 2_000_000, 3
AGREEMENT = 0.99


def agreement(vectors: np.ndarray, reference: np.ndarray) -> float:
    """The least cosine after the mean is taken off: random weights send all texts nearly one way, and without that even
    an engine without attention agrees to 0.98. bf16 alone costs half a hundredth."""
    mean = reference.mean(0)
    ours, theirs = vectors - mean, reference - mean
    return float(((ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)).min())


def flops(of: Architecture, lengths: Sequence[int]) -> float:
    """Of one pass over texts of so many tokens: matrix products and attention."""
    per_token = 2 * of.layers * (4 * of.hidden**2 + 2 * of.hidden * of.inner)
    return float(sum(n * per_token + 4 * of.layers * of.hidden * n * n for n in lengths))


def timed(run: Callable[[], Any], rounds: int) -> tuple[Any, list[float]]:
    """The last answer and the seconds of each round, after one that does not count. Vectors come back to the host, so
    the device is done when it is."""
    run()
    seconds = []
    for _ in range(rounds):
        begun = time.perf_counter()
        answer = run()
        seconds.append(time.perf_counter() - begun)
    return answer, seconds


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    import torch  # noqa: PLC0415  of the GPU images alone

    from gpu_jobs.engines.packed_torch import PackedTorch  # noqa: PLC0415

    of = dataclasses.replace(BERT_BASE, layers=arguments.layers)
    weights = random_checkpoint(of, seed=1, tokenizer_file=arguments.tokenizer)
    model = dataclasses.replace(MODELS["tiny-768"], max_tokens=MAX_TOKENS)
    dtype = torch.bfloat16 if arguments.device == "cuda" else torch.float32
    plain = PackedTorch(model, weights, arguments.device)
    fused = PackedTorch(model, weights, arguments.device, is_compiled=True)
    rows: list[dict[str, Any]] = []
    for kind in KINDS:
        count = arguments.texts // {"mix": 2, "message": 1, "chunk": 5, "full": 12}[kind]
        written = texts(weights.tokenizer_file, kind, count, LONGEST_WORDS)
        ids = plain.tokenized(written)
        lengths = [len(one) for one in ids]
        engines: dict[str, Callable[[], np.ndarray]] = {
            "ours, tokens given": lambda ids=ids: plain.encode_tokens(ids),  # type: ignore[misc]
            "ours compiled, tokens given": lambda ids=ids: fused.encode_tokens(ids),  # type: ignore[misc]
            "ours": lambda written=written: plain.encode(written),  # type: ignore[misc]
            "ours compiled": lambda written=written: fused.encode(written),  # type: ignore[misc]
        }
        if importlib.util.find_spec("sentence_transformers"):
            engines |= _reference(weights, written, arguments.device, dtype)
        reference = None
        for name, run in engines.items():
            vectors, seconds = timed(run, arguments.rounds)
            reference = vectors if reference is None else reference
            median = statistics.median(seconds)
            rows.append(
                {
                    "kind": kind,
                    "engine": name,
                    "texts_s": len(written) / median,
                    "tokens_s": sum(lengths) / median,
                    "spread": [sum(lengths) / max(seconds), sum(lengths) / min(seconds)],
                    "tflops": flops(of, lengths) / median / 1e12,
                    "agreement": agreement(vectors, reference),
                }
            )
            print(_line(rows[-1]), flush=True)
    return rows


def _reference(weights: Checkpoint, written: list[str], device: str, dtype: Any) -> dict[str, Callable[[], np.ndarray]]:
    from .gpu_reference import SentenceTransformers  # noqa: PLC0415

    theirs = SentenceTransformers(weights, MAX_TOKENS, device, dtype)
    sizes = (32, 256, 1024) if device == "cuda" else (32,)
    return {
        f"sentence-transformers, batches of {size}": lambda size=size: theirs.encode(written, size)  # type: ignore[misc]
        for size in sizes
    }


def product_tflops(of: Architecture) -> dict[str, float]:
    """What the chip does of the model's own products, and of a large one: the ceiling of any engine."""
    import torch  # noqa: PLC0415

    found = {}
    for inner, outer in ((of.hidden, 3 * of.hidden), (of.hidden, of.inner), (8192, 8192)):
        # Random numbers: of zeros the chip multiplies faster.
        left = torch.randn(16_384, inner, device="cuda", dtype=torch.bfloat16)
        right = torch.randn(inner, outer, device="cuda", dtype=torch.bfloat16)
        seconds = []
        for _ in range(3):
            torch.cuda.synchronize()
            begun = time.perf_counter()
            for _ in range(50):
                left @ right
            torch.cuda.synchronize()
            seconds.append((time.perf_counter() - begun) / 50)
        found[f"16384 x {inner} x {outer}"] = 2 * 16_384 * inner * outer / min(seconds) / 1e12
    return found


def verdict(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The two targets, and whether ours computes what theirs does; None where theirs is not installed."""
    best = {name: max(row["tokens_s"] for row in rows if row["kind"] == name and row["engine"].startswith("ours"))
            for name in KINDS}  # fmt: skip
    theirs = [row["tokens_s"] for row in rows if row["kind"] == "mix" and row["engine"].startswith("sentence")]
    times = best["mix"] / max(theirs) if theirs else None
    return {
        "tokens_s_chunk": best["chunk"],
        "is_fast_enough": best["chunk"] >= TARGET_TOKENS_S,
        "times_sentence_transformers_mix": times,
        "is_ahead_enough": times >= TARGET_TIMES if times else None,
        "is_right": min(row["agreement"] for row in rows) >= AGREEMENT if theirs else None,
    }


def _line(row: dict[str, Any]) -> str:
    return (
        f"| {row['kind']} | {row['engine']} | {row['texts_s']:,.0f} | {row['tokens_s']:,.0f} "
        f"| {row['tflops']:,.0f} | {row['agreement']:.4f} |"
    )


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m infra.benchmarks.gpu", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--tokenizer", type=Path, metavar="FILE", help="tokenizer.json; default: the packaged one")
    parser.add_argument("--texts", type=int, default=120_000, help="messages; other kinds are fewer, being longer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--layers", type=int, default=BERT_BASE.layers)
    parser.add_argument("--documents", type=int, default=8_000, help="from Parquet to Parquet")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="cpu only tries the benchmark itself")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also as JSON")
    arguments = parser.parse_args(given)
    if not importlib.util.find_spec("torch"):
        print("No GPU benchmark: torch is not installed here (it is of the GPU images alone).")
        return
    import torch  # noqa: PLC0415

    if arguments.device == "cuda" and not torch.cuda.is_available():
        print("No GPU benchmark: torch finds no CUDA device here.")
        return
    try:
        arguments.tokenizer = arguments.tokenizer or packaged().tokenizer_file
    except WeightsRefused:
        raise SystemExit("No tokenizer.json here: name one with --tokenizer (make: TOKENIZER=…).") from None
    chip = torch.cuda.get_device_name() if arguments.device == "cuda" else "CPU"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {chip}, torch {torch.__version__}\n")
    print("| texts | engine | texts/s | tokens/s | TFLOP/s | least agreement |\n|---|---|---|---|---|---|")
    rows = measure(arguments)
    peak = next((peak for name, peak in PEAKS.items() if any(part.startswith(name) for part in chip.split())), None)
    told: dict[str, Any] = {"chip": chip, "torch": torch.__version__, "rows": rows, "verdict": verdict(rows)}
    if arguments.device == "cuda":
        told |= {"product_tflops": product_tflops(BERT_BASE), "peak_tflops": peak}
        told["utilisation"] = max(row["tflops"] for row in rows) / peak if peak else None
        told["peak_gib"] = torch.cuda.max_memory_allocated() / 2**30
    if importlib.util.find_spec("msgspec") and importlib.util.find_spec("pyarrow"):
        from .gpu_end_to_end import measured  # noqa: PLC0415  a bare GPU machine may lack what it imports

        told["parquet_to_parquet"] = measured(
            arguments.documents, arguments.tokenizer, arguments.device, arguments.layers
        )
    print("\n" + json.dumps({name: value for name, value in told.items() if name != "rows"}, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
