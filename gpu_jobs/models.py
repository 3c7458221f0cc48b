"""The model registry: every property of a model that changes what it makes. Nothing is inferred from a table's width.

A new entry, or a new version of one, is embedded into a table of its own while the old one serves (docs/gpu-jobs.md).
"""

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class EmbeddingModel:
    """max_tokens counts the special tokens. cortex_name is Snowflake's model of the same weights, None without one.

    Dimensions, poolings and prefixes: the models' cards; MiniLM's were read in its own configuration.
    """

    model_id: str
    revision: str
    weights_sha256: str | None
    dimension: int
    max_tokens: int
    pooling: Literal["mean", "cls"]
    query_prefix: str
    document_prefix: str
    cortex_name: str | None
    licence: str
    is_semantic: bool = True
    """False for random weights, which test the road and mean nothing."""

    @property
    def version(self) -> str:
        """What tells vectors of this model from those of any other, an older revision of it included."""
        return f"{self.model_id}@{self.revision}"

    @property
    def slug(self) -> str:
        """As it stands in names of tables and keys."""
        return slug(self.version)


def slug(version: str) -> str:
    """A version in lower case, digits and underscores. Macro is_of_model does the same in SQL."""
    return re.sub(r"[^a-z0-9]+", "_", version.lower()).strip("_")


LOCAL = "all-minilm-l6-v2"
PRODUCTION = "snowflake-arctic-embed-m-v1.5"

_ENTRIES = (
    EmbeddingModel(
        model_id=LOCAL,
        revision="1",
        weights_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        dimension=384,
        max_tokens=256,
        pooling="mean",
        query_prefix="",
        document_prefix="",
        cortex_name=None,
        licence="Apache-2.0",
    ),
    EmbeddingModel(
        model_id=PRODUCTION,
        revision="1",
        weights_sha256=None,  # unverified: filled in when the weights are first put into the volume
        dimension=768,
        max_tokens=512,
        pooling="cls",
        query_prefix="Represent this sentence for searching relevant passages: ",
        document_prefix="",
        cortex_name="snowflake-arctic-embed-m-v1.5",
        licence="Apache-2.0",
    ),
    EmbeddingModel(
        model_id="tiny-768",
        revision="1",
        weights_sha256=None,  # drawn from a seed, in two layers
        dimension=768,
        max_tokens=256,
        pooling="mean",
        query_prefix="",
        document_prefix="",
        cortex_name=None,
        licence="Apache-2.0",
        is_semantic=False,
    ),
)
MODELS = {entry.model_id: entry for entry in _ENTRIES}


def model(model_id: str) -> EmbeddingModel:
    """Raises KeyError that says which there are."""
    try:
        return MODELS[model_id]
    except KeyError:
        raise KeyError(f"no embedding model {model_id!r}; there are {', '.join(sorted(MODELS))}") from None
