"""The registry of what can understand a document: every property that changes what it answers.

Its version stands on every row. Where another one is to serve, set `enrichment_model` in dbt_project.yml to its slug:
every document is then asked for once more, and the older answers stay beside the new ones.
"""

from dataclasses import dataclass

from events.enrichment import Method

from .models import slug


@dataclass(frozen=True)
class Enricher:
    """revision moves with whatever makes another answer: weights, prompt, schema, rules. weights_sha256 is of the whole
    folder (understanding.folder_hash), None where there is none yet or the weights are packaged. Documents over
    max_characters are refused."""

    model_id: str
    revision: str
    method: Method
    weights_sha256: str | None
    max_characters: int
    licence: str

    @property
    def version(self) -> str:
        return f"{self.model_id}@{self.revision}"

    @property
    def slug(self) -> str:
        """As it stands in keys and in dbt's variables."""
        return slug(self.version)


RULES = "sales-rules"
LLM = "qwen3-8b-fp8"

_ENTRIES = (
    Enricher(
        model_id=RULES,
        revision="1",
        method="rules+prototypes",
        weights_sha256=None,  # MiniLM's are checked by gpu_jobs.models
        max_characters=400_000,
        licence="Apache-2.0",
    ),
    Enricher(
        model_id=LLM,
        revision="1",
        method="llm",
        weights_sha256=None,  # unverified: filled in when the weights are first put into the volume
        # 32,768 tokens of context (the model's card) hold 24,000 of a document and 8,000 of an answer; four characters
        # a token in English. What is longer in tokens fails at the engine, and is refused alone.
        max_characters=96_000,
        licence="Apache-2.0",
    ),
)
ENRICHERS = {entry.model_id: entry for entry in _ENTRIES}


def enricher(model_id: str) -> Enricher:
    """Raises KeyError that says which there are."""
    try:
        return ENRICHERS[model_id]
    except KeyError:
        raise KeyError(f"no enricher {model_id!r}; there are {', '.join(sorted(ENRICHERS))}") from None
