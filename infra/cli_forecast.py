"""`sophia forecast`: the days ahead of every metric, as the warehouse's procedure makes them in production."""

import typer

from . import show
from .command import Json, examples, stack

# ruff: noqa: PLC0415

app = typer.Typer()


@app.command(epilog=examples("sophia forecast", "sophia build --select metric_forecasts"))
def forecast(as_json: Json = False) -> None:
    """Forecast every daily metric 28 days ahead; only those better than "as a week before" are published.

    Needs a build before it, for the history, and `sophia build --select metric_forecasts+` after it.
    """
    from .forecast import forecast_metrics
    from .local.warehouse.running import connect

    with connect(stack().warehouse_port, network_timeout=120) as connection, show.Steps().step("Forecast the metrics"):
        made = forecast_metrics(connection)
    ends = {(row.metric, row.dimension): row for row in made}
    told = [
        {
            "metric": row.metric,
            "dimension": row.dimension,
            "until": row.target_date,
            "p10": row.p10,
            "p50": row.p50,
            "p90": row.p90,
            "mase": row.mase,
            "published": row.is_published,
        }
        for row in ends.values()
    ]
    show.rows(told, title="Forecasts", as_json=as_json)
