{#-
  Made by the procedure FORECAST_METRICS (infra/snowflake/procedures/forecast.py); here is what may be shown of it.
-#}
with

runs as (

    select * from {{ source('forecasts', 'metric_forecast_runs') }}

),

published as (

    select * from runs
    where is_published
    qualify row_number() over (
        partition by metric, dimension, made_on, target_date
        order by made_at desc
    ) = 1

),

newest as (

    select
        metric,
        dimension,
        max(made_on) as newest_made_on
    from published
    group by metric, dimension

),

told as (

    select
        md5(
            published.metric || '|' || published.dimension || '|' || published.made_on::varchar || '|'
            || published.target_date::varchar
        ) as forecast_key,
        published.metric::varchar as metric,
        published.dimension::varchar as dimension,
        published.method::varchar as method,
        published.p10::number(24, 6) as p10,
        published.p50::number(24, 6) as p50,
        published.p90::number(24, 6) as p90,
        published.mase::number(12, 6) as backtest_mase,
        published.backtest_mean_absolute_error::number(24, 6) as backtest_mean_absolute_error,
        published.backtest_coverage::number(7, 6) as backtest_coverage,
        published.backtest_origins::number(9, 0) as backtest_origins,
        published.made_on = newest.newest_made_on as is_newest,
        published.made_on,
        published.target_date,
        published.made_at::timestamp_ntz as made_at
    from published
    inner join newest on newest.metric = published.metric and newest.dimension = published.dimension

)

select * from told
