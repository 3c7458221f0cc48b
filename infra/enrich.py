"""Documents that nobody has understood yet through the GPU loop on this machine."""

from typing import Any

from gpu_jobs.enrichers import Enricher

from .gpu_loop import Work, through
from .local.stack import Stack, Steps


def enrich(stack: Stack, steps: Steps, enricher: Enricher) -> dict[str, Any]:
    """What gpu_loop.through says of them. Raises TimeoutError; ValueError where dbt is set to another enricher."""
    find = "find documents that are not understood"
    return through(Work("enrich", enricher.slug, find=find, make="understand"), stack, steps)
