"""X-Ray subsegments around the work of land, tick and pull. The receiver has API Gateway's own: the SDK behind this
costs 155 ms to import, more than a delivery may."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools import Tracer


@functools.cache
def _tracer() -> Tracer:
    """Made on first use: it reads the environment. Outside Lambda it does nothing."""
    return Tracer(service="sophia")


@contextmanager
def traced(name: str, **annotations: str) -> Iterator[None]:
    """A subsegment; annotations can be searched by. An error that leaves it is recorded, and goes on."""
    with _tracer().provider.in_subsegment(name=f"## {name}") as segment:
        for key, value in annotations.items():
            segment.put_annotation(key=key, value=value)
        try:
            yield
        except Exception as error:
            segment.add_exception(error, [])
            raise
