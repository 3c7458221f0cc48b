"""Documents without a current vector through the GPU loop on this machine."""

from typing import Any

from gpu_jobs.models import EmbeddingModel

from .gpu_loop import Work, through
from .local.stack import Stack, Steps


def embed(stack: Stack, steps: Steps, model: EmbeddingModel) -> dict[str, Any]:
    """What gpu_loop.through says of them. Raises TimeoutError; ValueError where dbt is set to another model."""
    find = "find documents without a current vector"
    return through(Work("embed", model.slug, find=find, make="cut and embed"), stack, steps)
