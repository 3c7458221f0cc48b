"""BERT on a CPU by ONNX Runtime: no torch, no hub. Single precision, as sentence-transformers computes it.

Int8 would be twice as fast and is not offered: quantized by default these weights agree with themselves to a cosine
of 0.83 to 0.96 only.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from ..models import EmbeddingModel
from .batches import longest_first
from .weights import Checkpoint

_BUDGET = 512
"""Padded tokens of a batch: what is computed of so many stays in a core's cache. 4096 take twice the time."""
_MOST = 256


class OnnxBert:
    """The graph is kept in cache under a name that its weights decide; removing the folder costs a second."""

    def __init__(self, model: EmbeddingModel, weights: Checkpoint, cache: Path, threads: int = 0) -> None:
        """threads is how many cores it takes; 0 is all of them."""
        self.name = f"onnx-bert/{onnxruntime.__version__}"
        self._dimension = model.dimension
        self._tokenizer = weights.tokenizer(model.max_tokens)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that spin while they wait take the cores of whoever shares a small machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        file = str(_graph_file(model, weights, cache))
        self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        vectors = np.empty((len(ids), self._dimension), np.float32)
        for batch in longest_first([len(one) for one in ids], _BUDGET, _MOST, is_padded=True):
            tokens = np.zeros((len(batch), len(ids[batch[0]])), np.int64)
            mask = np.zeros_like(tokens)
            for row, index in enumerate(batch):
                tokens[row, : len(ids[index])] = ids[index]
                mask[row, : len(ids[index])] = 1
            vectors[batch] = self._session.run(None, {"input_ids": tokens, "attention_mask": mask})[0]
        return vectors


def _graph_file(model: EmbeddingModel, weights: Checkpoint, cache: Path) -> Path:
    from .bert_graph import GRAPH_VERSION, graph  # noqa: PLC0415  onnx is for building alone

    file = cache / f"{weights.sha256[:32]}-{model.pooling}-{GRAPH_VERSION}.onnx"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        built = graph(weights.architecture, weights.tensors(), model.pooling).SerializeToString()
        partial = file.with_suffix(f".{os.getpid()}")
        partial.write_bytes(built)
        partial.replace(file)  # two workers may build it at once; each sees a whole file
    return file
