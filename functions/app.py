# ruff: noqa: PLC0415
"""Routes, queues and schedules, each a few lines; the work is in chalicelib.

Chalice imports this file to package it, and every function imports it to start: what the receiver does not need, the
handler that does imports.
"""

from datetime import UTC, datetime
from typing import Any

from chalice import Chalice, Rate, Response
from chalice.app import CloudWatchEvent, SQSEvent

from chalicelib.ingest import edge

app = Chalice(app_name="sophia", configure_logs=False)  # Powertools writes the lines; twice is too often
app.api.binary_types = []  # no answer of ours is binary, and Chalice compares each with every type that is


# No content types: Chalice answers 415 to one that is not listed, and a type is never a reason to refuse a vendor.
@app.route("/hooks/{source}", methods=["POST"], content_types=[])
def hook(source: str) -> Response:
    return _received()


@app.route("/hooks/{source}/{connection}", methods=["POST"], content_types=[])
def hook_of_connection(source: str, connection: str) -> Response:
    return _received()


@app.route("/health", methods=["GET"])
def health() -> dict[str, bool]:
    return {"ok": True}


# The window trades the freshness of the warehouse against the number of objects, which Snowpipe charges for.
@app.on_sqs_message(queue="sophia-ingest", batch_size=1000, maximum_batching_window_in_seconds=20, name="land")
def land(event: SQSEvent) -> Any:
    from chalicelib.ingest import landing
    from chalicelib.tracing import traced

    records = event.to_dict()
    with traced("land"):
        return landing.handle(records, event.context, *landing.services())


@app.schedule(Rate(1, unit=Rate.MINUTES), name="tick")
def tick(event: CloudWatchEvent) -> None:
    from chalicelib.ingest.background import order_background
    from chalicelib.ingest.pull import run_tick
    from chalicelib.tracing import traced

    with traced("tick"):
        run_tick(datetime.now(UTC))
        order_background(datetime.now(UTC))


# The warehouse orders once an hour (infra/snowflake/R__gpu_orders.sql); five minutes later at most it is taken.
@app.schedule(Rate(5, unit=Rate.MINUTES), name="dispatch")
def dispatch(event: CloudWatchEvent) -> dict[str, str]:
    from chalicelib.intelligence.fleet import run_dispatch
    from chalicelib.tracing import traced

    with traced("dispatch"):
        return run_dispatch()


# A worker that has been silent for three minutes is given up, and ten after its lease a run must cost nothing more.
@app.schedule(Rate(3, unit=Rate.MINUTES), name="reap")
def reap(event: CloudWatchEvent) -> bool:
    from chalicelib.intelligence.fleet import run_reap
    from chalicelib.tracing import traced

    with traced("reap"):
        return run_reap()


@app.on_sqs_message(queue="sophia-pulls", batch_size=1, name="pull")
def pull(event: SQSEvent) -> None:
    from chalicelib.ingest.pull import run_pull
    from chalicelib.tracing import traced

    context: Any = event.context  # Chalice types it as a mapping; it is Lambda's context object
    for record in event:
        with traced("pull"):
            run_pull(record.body, context.get_remaining_time_in_millis)


@app.on_sqs_message(queue="sophia-background", batch_size=1, name="background")
def background(event: SQSEvent) -> None:
    from chalicelib.ingest.background import run_background
    from chalicelib.tracing import traced

    context: Any = event.context
    for record in event:
        with traced("background"):
            run_background(record.body, context.get_remaining_time_in_millis)


@app.on_sqs_message(queue="sophia-drops", batch_size=1, name="intake")
def intake(event: SQSEvent) -> None:
    from chalicelib.ingest.taking import run_intake
    from chalicelib.tracing import traced

    context: Any = event.context
    for record in event:
        with traced("intake"):
            run_intake(record.body, context.get_remaining_time_in_millis)


def _received() -> Response:
    request: Any = app.current_request
    reply = edge.reply(request.to_original_event(), datetime.now(UTC))
    return Response(reply.body, {"Content-Type": reply.content_type, **reply.headers}, reply.status)
