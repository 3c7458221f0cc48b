"""sentence-transformers' own encode() on the weights that ours runs. Neither is in our lock; a GPU machine has them."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from gpu_jobs.engines.weights import Checkpoint


class SentenceTransformers:
    """batch_size is what its users set; 32 is its default."""

    def __init__(self, weights: Checkpoint, max_tokens: int, device: str, dtype: Any) -> None:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415  seldom installed
        from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

        try:  # where its version 6 keeps them
            from sentence_transformers.sentence_transformer.modules import (  # noqa: PLC0415
                Normalize,
                Pooling,
                Transformer,
            )
        except ImportError:
            from sentence_transformers.models import Normalize, Pooling, Transformer  # noqa: PLC0415
        with tempfile.TemporaryDirectory() as folder:
            _save(weights, Path(folder))
            marks = {f"{name}_token": f"[{name.upper()}]" for name in ("unk", "pad", "cls", "sep", "mask")}
            tokenizer = PreTrainedTokenizerFast(
                tokenizer_file=str(weights.tokenizer_file), model_max_length=max_tokens, **marks
            )
            tokenizer.save_pretrained(folder)
            transformer = Transformer(folder, model_kwargs={"dtype": dtype, "attn_implementation": "sdpa"})
            transformer.max_seq_length = max_tokens
            self._model = SentenceTransformer(
                modules=[transformer, Pooling(weights.architecture.hidden), Normalize()], device=device
            )

    def encode(self, texts: Sequence[str], batch_size: int) -> np.ndarray:
        return self._model.encode(
            list(texts), batch_size=batch_size, show_progress_bar=False, normalize_embeddings=True
        )


def _save(weights: Checkpoint, folder: Path) -> None:
    of = weights.architecture
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": of.hidden,
        "num_hidden_layers": of.layers,
        "num_attention_heads": of.heads,
        "intermediate_size": of.inner,
        "vocab_size": of.vocabulary,
        "max_position_embeddings": of.positions,
        "layer_norm_eps": of.epsilon,
        "hidden_act": "gelu",
    }
    (folder / "config.json").write_text(json.dumps(config))
    save_file(weights.tensors(), str(folder / "model.safetensors"), metadata={"format": "pt"})
