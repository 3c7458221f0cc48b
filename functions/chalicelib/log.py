"""Structured log lines: an event in the past tense and its fields. Never a body, a header or a token.

    log.info("delivery_received", source="slack", trace_id=trace_id, size_bytes=812)
    log.measured("delivery_received", {"received": 1}, {"source": "slack"}, trace_id=trace_id)

trace_id becomes Powertools' correlation_id, the field by which one event's lines are found from edge to warehouse.
"""

import functools
import logging
import time
from collections.abc import Mapping
from typing import Any

import msgspec
from aws_lambda_powertools import Logger

_RESERVED = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_NAMESPACE = "Sophia"
_encoder = msgspec.json.Encoder(enc_hook=str)  # a sixth off the cost of a line


@functools.cache
def _logger() -> Logger:
    """Made on first use: it reads the environment."""
    # What logging looks up for every line and no line of ours shows; docs.python.org, "Logging HOWTO", "Optimization".
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    return Logger(service="sophia", json_serializer=_to_json, json_deserializer=_as_it_is, use_rfc3339=True, utc=True)


def _to_json(line: dict[str, Any]) -> str:
    return _encoder.encode(line).decode()


def _as_it_is(event: object) -> str:
    """Powertools would try each event's name as JSON, and catch the error."""
    return str(event)


class Log:
    """Where lines go. Fields that logging reserves get an underscore."""

    def info(self, event: str, **fields: Any) -> None:
        _logger().info(event, extra=_extra(fields), stacklevel=3)

    def warning(self, event: str, **fields: Any) -> None:
        _logger().warning(event, extra=_extra(fields), stacklevel=3)

    def error(self, event: str, **fields: Any) -> None:
        _logger().error(event, extra=_extra(fields), stacklevel=3)

    def exception(self, event: str, **fields: Any) -> None:
        """An error line with the traceback of the exception being handled."""
        _logger().exception(event, extra=_extra(fields), stacklevel=3)

    def measured(
        self, event: str, metrics: Mapping[str, float], dimensions: Mapping[str, str] | None = None, **fields: Any
    ) -> None:
        """One line that is log and metrics at once: CloudWatch reads the embedded metric format out of any line.

        Names ending in `_ms` are milliseconds, in `_bytes` bytes, all others counts.
        """
        _logger().info(event, extra=_extra(fields) | _embedded(metrics, dimensions or {}), stacklevel=3)


log = Log()


def _extra(fields: dict[str, Any]) -> dict[str, Any]:
    extra = {f"{name}_" if name in _RESERVED else name: value for name, value in fields.items()}
    if "trace_id" in extra:
        extra["correlation_id"] = extra.pop("trace_id")
    return extra


def _embedded(metrics: Mapping[str, float], dimensions: Mapping[str, str]) -> dict[str, Any]:
    # By hand: Powertools' own metrics write a line of their own, and cost more than receiving a delivery.
    # docs.aws.amazon.com, CloudWatch, "Specification: Embedded metric format".
    directive = {
        "Namespace": _NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": _unit(name)} for name in metrics],
    }
    return {
        "_aws": {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [directive]},
        **dimensions,
        **metrics,
    }


@functools.cache
def _unit(name: str) -> str:
    return "Milliseconds" if name.endswith("_ms") else "Bytes" if name.endswith("_bytes") else "Count"
