"""BERT on a GPU without padding: all tokens of a batch lie one behind the other, and attention stays in each text.

Only imported where torch is (engines.encoder). On a CPU it computes the same in single precision, text by text: that is
for tests. Vectors are pooled and normalized in single precision, because bf16 vectors are not of unit length.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ..ahead import ahead
from ..models import EmbeddingModel
from .batches import longest_first
from .encoder import BadHost
from .weights import Checkpoint, Tensors

_BUDGET = 131_072
_MOST = 16_384
_SLICE_CHARACTERS = 2_000_000
_AHEAD = 2
"""Slices tokenized while the device computes: enough that it never waits, few enough that memory is flat."""


def tested_gpu() -> str:
    """The device to compute on, after one product on it came out right.

    Raises BadHost. Rented machines come up without usable CUDA, and the bill runs all the same.
    """
    if not torch.cuda.is_available():
        raise BadHost("torch finds no CUDA device")
    try:
        ones = torch.ones(256, 256, device="cuda", dtype=torch.bfloat16)
        total = float((ones @ ones).float().sum())
    except RuntimeError as error:
        raise BadHost(f"the CUDA device does not compute: {error}") from error
    if total != 256**3:
        raise BadHost(f"the CUDA device computes {total} where {256**3} is right")
    return "cuda"


class PackedTorch:
    """is_compiled fuses what is not a matrix product; the first batch then takes a minute longer."""

    def __init__(self, model: EmbeddingModel, weights: Checkpoint, device: str, is_compiled: bool = False) -> None:
        self.name = f"packed-torch/{torch.__version__}"
        self._model, self._of, self._device = model, weights.architecture, device
        self._tokenizer = weights.tokenizer(model.max_tokens)
        self._type = torch.bfloat16 if device == "cuda" else torch.float32
        self._attention: Callable[..., Any] = _on_gpu() if device == "cuda" else _on_cpu
        self._dense: Callable[..., Any] = torch.compile(_dense, dynamic=True) if is_compiled else _dense
        self._load(weights.tensors())

    def _load(self, tensors: Tensors) -> None:
        def put(*arrays: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(np.concatenate(arrays)).to(self._device, self._type)

        def pair(name: str) -> tuple[torch.Tensor, torch.Tensor]:
            return put(tensors[f"{name}.weight"]), put(tensors[f"{name}.bias"])

        embeddings = "embeddings.{}_embeddings.weight".format
        self._words = put(tensors[embeddings("word")])
        self._places = put(tensors[embeddings("position")] + tensors[embeddings("token_type")][0])
        self._norm = pair("embeddings.LayerNorm")
        self._layers = []
        for layer in range(self._of.layers):
            inside = f"encoder.layer.{layer}"
            parts = [f"{inside}.attention.self.{part}" for part in ("query", "key", "value")]
            joined = tuple(put(*(tensors[f"{part}.{kind}"] for part in parts)) for kind in ("weight", "bias"))
            after = (
                *pair(f"{inside}.attention.output.dense"),
                *pair(f"{inside}.attention.output.LayerNorm"),
                *pair(f"{inside}.intermediate.dense"),
                *pair(f"{inside}.output.dense"),
                *pair(f"{inside}.output.LayerNorm"),
            )
            self._layers.append((joined, after))

    def tokenized(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        order = sorted(range(len(texts)), key=lambda index: -len(texts[index]))
        slices = ahead(lambda part: self.tokenized([texts[index] for index in part]), _slices(texts, order), _AHEAD)
        return self._encoded(len(texts), slices)

    def encode_tokens(self, ids: Sequence[Sequence[int]]) -> np.ndarray:
        """As encode, of texts that are tokenized already."""
        return self._encoded(len(ids), [(range(len(ids)), ids)])

    def _encoded(self, count: int, slices: Iterable[tuple[Sequence[int], Sequence[Sequence[int]]]]) -> np.ndarray:
        is_gpu = self._device == "cuda"
        order: list[int] = []
        # Page-locked, so that copying back runs beside the next batch.
        found = torch.empty(count, self._of.hidden, dtype=torch.float32, pin_memory=is_gpu)
        with torch.inference_mode():
            for indices, ids in slices:
                for batch in longest_first([len(one) for one in ids], _BUDGET, _MOST, is_padded=False):
                    vectors = self._forward([ids[row] for row in batch])
                    found[len(order) : len(order) + len(batch)].copy_(vectors, non_blocking=is_gpu)
                    order += [indices[row] for row in batch]
            if is_gpu:
                torch.cuda.synchronize()
        vectors = np.empty((count, self._of.hidden), np.float32)
        vectors[order] = found.numpy()
        return vectors

    def _forward(self, ids: list[Sequence[int]]) -> torch.Tensor:
        lengths = np.fromiter(map(len, ids), np.int32, len(ids))
        total = int(lengths.sum())
        tokens = self._sent(np.fromiter(chain.from_iterable(ids), np.int32, total))
        offsets = self._sent(np.concatenate([[0], lengths.cumsum()]).astype(np.int32))
        counts = offsets.diff()
        of_text = torch.repeat_interleave(torch.arange(len(ids), device=self._device), counts, output_size=total)
        positions = torch.arange(total, device=self._device) - offsets[:-1][of_text]
        hidden = self._of.hidden
        x = F.embedding(tokens, self._words) + F.embedding(positions, self._places)
        x = F.layer_norm(x, (hidden,), *self._norm, self._of.epsilon)
        for joined, after in self._layers:
            parts = F.linear(x, *joined).view(-1, 3, self._of.heads, hidden // self._of.heads).unbind(1)
            context = self._attention(*parts, offsets, int(lengths.max())).reshape(-1, hidden)
            x = self._dense(x, context, self._of.epsilon, *after)
        if self._model.pooling == "cls":
            pooled = x[offsets[:-1]].float()
        else:
            summed = torch.zeros(len(ids), hidden, device=self._device)
            pooled = summed.index_add_(0, of_text, x.float()) / counts[:, None]
        return F.normalize(pooled, dim=-1)

    def _sent(self, array: np.ndarray) -> torch.Tensor:
        tensor = torch.from_numpy(array)
        return tensor.pin_memory().to("cuda", non_blocking=True) if self._device == "cuda" else tensor


def _dense(x: Any, context: Any, epsilon: float, *after: Any) -> Any:
    """What follows attention in a layer. Its weights are arguments, so compiling it once serves all layers."""
    out, out_bias, scale1, shift1, up, up_bias, down, down_bias, scale2, shift2 = after
    size = (x.shape[-1],)
    x = F.layer_norm(x + F.linear(context, out, out_bias), size, scale1, shift1, epsilon)
    wide = F.gelu(F.linear(x, up, up_bias))
    return F.layer_norm(x + F.linear(wide, down, down_bias), size, scale2, shift2, epsilon)


def _on_gpu() -> Callable[..., Any]:
    from torch.nn.attention.varlen import varlen_attn  # noqa: PLC0415  needs CUDA

    # Exactly these seven, by position: what follows them differs between versions of torch.
    return lambda query, key, value, offsets, longest: varlen_attn(
        query, key, value, offsets, offsets, longest, longest
    )


def _on_cpu(query: Any, key: Any, value: Any, offsets: Any, longest: int) -> Any:
    out = torch.empty_like(query)
    bounds = offsets.tolist()
    for start, end in pairwise(bounds):
        rows = (part[start:end].transpose(0, 1)[None] for part in (query, key, value))
        out[start:end] = F.scaled_dot_product_attention(*rows)[0].transpose(0, 1)
    return out


def _slices(texts: Sequence[str], order: Sequence[int]) -> Iterator[list[int]]:
    part: list[int] = []
    characters = 0
    for index in order:
        part.append(index)
        characters += len(texts[index])
        if characters >= _SLICE_CHARACTERS or len(part) == _MOST:
            yield part
            part, characters = [], 0
    if part:
        yield part
