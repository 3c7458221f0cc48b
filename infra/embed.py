"""Documents without a current vector through the GPU loop on this machine."""

from typing import Any

from gpu_jobs.models import EmbeddingModel

from .gpu_loop import Order, through
from .local.stack import Stack, Steps


def embed(stack: Stack, steps: Steps, model: EmbeddingModel) -> dict[str, Any]:
    """What gpu_loop.through says of them. Raises TimeoutError."""
    order = Order(
        kind="embed",
        model_id=model.model_id,
        model_version=model.version,
        waiting="DOCUMENTS_TO_EMBED",
        find="find documents without a current vector",
        make="cut and embed",
    )
    return through(order, stack, steps)
