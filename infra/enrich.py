"""Documents that nobody has understood yet through the GPU loop on this machine, with the names dbt's seeds know."""

from typing import Any

from events.gpu_job import Vocabulary
from gpu_jobs.enrichers import Enricher

from .gpu_loop import Order, through
from .local.stack import Stack, Steps
from .warehouse import query


def enrich(stack: Stack, steps: Steps, enricher: Enricher) -> dict[str, Any]:
    """What gpu_loop.through says of them. Raises TimeoutError."""
    order = Order(
        kind="enrich",
        model_id=enricher.model_id,
        model_version=enricher.version,
        waiting="DOCUMENTS_TO_ENRICH",
        find="find documents that are not understood",
        make="understand",
        vocabulary=_vocabulary(stack.warehouse_port),
    )
    return through(order, stack, steps)


def _vocabulary(port: int) -> Vocabulary:
    competitors = query(
        port, "select competitor_name, alias, alias_kind from ANALYTICS.COMPETITORS order by competitor_name, alias"
    )
    points = query(port, "select talking_point, phrase from ANALYTICS.TALKING_POINTS order by talking_point, phrase")
    return Vocabulary(
        competitors=tuple((row["COMPETITOR_NAME"], row["ALIAS"], row["ALIAS_KIND"]) for row in competitors),
        talking_points=tuple((row["TALKING_POINT"], row["PHRASE"]) for row in points),
    )
