"""BERT in numpy, written apart from the engines: what they are checked against. Slow, and takes texts one by one."""

import numpy as np
from tokenizers import Tokenizer

from gpu_jobs.engines.weights import Checkpoint


class NumpyBert:
    def __init__(self, weights: Checkpoint, pooling: str) -> None:
        self.of, self.weights, self.pooling = weights.architecture, weights.tensors(), pooling

    def encode(self, tokenizer: Tokenizer, texts: list[str]) -> np.ndarray:
        return np.stack([self.vector(encoding.ids) for encoding in tokenizer.encode_batch(texts)])

    def vector(self, ids: list[int]) -> np.ndarray:
        heads, head = self.of.heads, self.of.hidden // self.of.heads
        names = (f"embeddings.{name}_embeddings.weight" for name in ("word", "position", "token_type"))
        words, positions, kinds = (self.weights[name] for name in names)
        x = self._norm(words[ids] + positions[: len(ids)] + kinds[0], "embeddings.LayerNorm")
        for layer in range(self.of.layers):
            inside = f"encoder.layer.{layer}"
            context = np.empty_like(x)
            query, key, value = (
                self._linear(x, f"{inside}.attention.self.{part}") for part in ("query", "key", "value")
            )
            for one in range(heads):
                at = slice(one * head, (one + 1) * head)
                scores = query[:, at] @ key[:, at].T * head**-0.5
                scores = np.exp(scores - scores.max(1, keepdims=True))
                context[:, at] = scores / scores.sum(1, keepdims=True) @ value[:, at]
            attended = x + self._linear(context, f"{inside}.attention.output.dense")
            x = self._norm(attended, f"{inside}.attention.output.LayerNorm")
            wide = _gelu(self._linear(x, f"{inside}.intermediate.dense"))
            x = self._norm(x + self._linear(wide, f"{inside}.output.dense"), f"{inside}.output.LayerNorm")
        pooled = x[0] if self.pooling == "cls" else x.mean(0)
        return pooled / np.linalg.norm(pooled)

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(-1, keepdims=True) + self.of.epsilon)
        return centred / deviation * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]


def _gelu(x: np.ndarray) -> np.ndarray:
    """Exact, but for erf by Abramowitz and Stegun 7.1.26: an absolute error below 1.5e-7."""
    z = np.abs(x) * 0.5**0.5
    t = 1 / (1 + 0.3275911 * z)
    poly = ((((1.061405429 * t - 1.453152027) * t) + 1.421413741) * t - 0.284496736) * t + 0.254829592
    return 0.5 * x * (1 + np.sign(x) * (1 - poly * t * np.exp(-z * z))).astype(np.float32)
