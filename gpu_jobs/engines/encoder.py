"""What every engine offers a job, and which of them this machine is for."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from ..models import EmbeddingModel
from .weights import checkpoint

Engine = Literal["auto", "onnx", "packed"]
CACHE = Path.home() / ".cache" / "sophia-gpu-jobs"
"""Where graphs are kept unless a caller says otherwise."""


class Encoder(Protocol):
    """name says which engine and which version of it made a vector."""

    @property
    def name(self) -> str: ...

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [texts, dimension] of unit length, in the order of the texts. A text over the model's limit is cut
        at its end."""
        ...


class BadHost(RuntimeError):
    """This machine cannot do the work it is there for; another can."""


def is_for_gpu(engine: Engine) -> bool:
    """`auto` is the GPU's engine where torch is installed: torch is of the GPU images alone, and a machine rented for
    its GPU must not quietly compute on its CPU."""
    return engine == "packed" or (engine == "auto" and importlib.util.find_spec("torch") is not None)


def open_encoder(model: EmbeddingModel, engine: Engine, weights: Path | None, cache: Path) -> Encoder:
    """The engine for a model. weights is the folder of the model's weights, None for those that are packaged. Graphs
    are kept in cache.

    Raises BadHost, and weights.WeightsRefused.
    """
    if is_for_gpu(engine):
        from .packed_torch import PackedTorch, tested_gpu  # noqa: PLC0415  torch is of the GPU images alone

        return PackedTorch(model, checkpoint(model, weights), device=tested_gpu())
    from .onnx_bert import OnnxBert  # noqa: PLC0415  not of the GPU images

    return OnnxBert(model, checkpoint(model, weights), cache)
