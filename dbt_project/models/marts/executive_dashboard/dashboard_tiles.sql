{#- At most this many tiles; the metrics nobody splits come first. -#}
{%- set most = 200 -%}

with

observations as (

    select * from {{ ref('int_metrics__daily_long') }}
    where is_tile

),

anomalies as (

    select * from {{ ref('metric_anomalies') }}

),

forecasts as (

    select * from {{ ref('metric_forecasts') }}
    where is_newest

),

ledger as (

    select * from {{ ref('completeness_ledger') }}

),

landed as (

    select * from {{ ref('completeness') }}

),

-- A day's amount is told when the day is over; a level as it stands now.
shown as (

    select * from observations
    where is_closed or kind != 'flow'
    qualify row_number() over (partition by series_key order by date_key desc) = 1

),

history as (

    select
        shown.series_key,
        max(iff(observations.date_key = dateadd(day, -7, shown.date_key), observations.value, null))
            as value_7_days_before,
        max(iff(observations.date_key = dateadd(day, -28, shown.date_key), observations.value, null))
            as value_28_days_before,
        array_agg(observations.value::float) within group (order by observations.date_key) as last_29_values
    from shown
    inner join observations
        on observations.series_key = shown.series_key
        and observations.date_key between dateadd(day, -28, shown.date_key) and shown.date_key
    group by shown.series_key

),

source_health as (

    select
        source,
        sum(listed) as listed,
        sum(held) as held,
        count_if(not is_complete) as incomplete_streams,
        min(checked_through) as checked_through
    from ledger
    group by source

),

source_arrivals as (

    select
        source,
        max(last_received_at) as last_received_at
    from landed
    group by source

),

-- What no single source tells rests on all of them.
overall as (

    select
        sum(source_health.listed) as listed,
        sum(source_health.held) as held,
        sum(source_health.incomplete_streams) as incomplete_streams,
        min(source_health.checked_through) as checked_through,
        max(source_arrivals.last_received_at) as last_received_at
    from source_arrivals
    left join source_health on source_health.source = source_arrivals.source

),

tiles as (

    select
        shown.series_key as tile_key,
        row_number() over (
            order by iff(shown.dimension = 'all', 0, 1), iff(shown.kind = 'flow', 1, 0), shown.metric, shown.dimension
        )::number(9, 0) as tile_position,
        shown.metric::varchar as metric,
        shown.dimension::varchar as dimension,
        shown.source::varchar as source,
        shown.label::varchar as label,
        shown.unit::varchar as unit,
        shown.good_direction::varchar as good_direction,
        iff(shown.is_stale, 'stale_source', coalesce(anomalies.status, 'not_judged'))::varchar as status,
        anomalies.severity::varchar as severity,
        shown.value::number(24, 6) as value,
        history.value_7_days_before::number(24, 6) as value_7_days_before,
        history.value_28_days_before::number(24, 6) as value_28_days_before,
        (shown.value - history.value_7_days_before)::number(24, 6) as change_7_days,
        (shown.value - history.value_28_days_before)::number(24, 6) as change_28_days,
        anomalies.expected::number(24, 6) as expected,
        history.last_29_values::array as last_29_values,
        forecasts.target_date::date as forecast_date,
        forecasts.p10::number(24, 6) as forecast_p10,
        forecasts.p50::number(24, 6) as forecast_p50,
        forecasts.p90::number(24, 6) as forecast_p90,
        iff(
            coalesce(source_health.listed, iff(shown.source is null, overall.listed, null)) > 0,
            100.0 * coalesce(source_health.held, overall.held) / coalesce(source_health.listed, overall.listed),
            null
        )::number(7, 3) as completeness_percent,
        (coalesce(source_health.incomplete_streams, iff(shown.source is null, overall.incomplete_streams, null)) = 0)
        ::boolean as is_complete,
        coalesce(source_health.checked_through, iff(shown.source is null, overall.checked_through, null))
        ::timestamp_ntz as checked_through,
        coalesce(source_arrivals.last_received_at, iff(shown.source is null, overall.last_received_at, null))
        ::timestamp_ntz as last_received_at,
        shown.date_key::date as value_date,
        {{ as_of() }}::timestamp_ntz as computed_at
    from shown
    inner join history on history.series_key = shown.series_key
    left join anomalies on anomalies.series_key = shown.series_key and anomalies.date_key = shown.date_key
    left join forecasts
        on forecasts.metric = shown.metric
        and forecasts.dimension = shown.dimension
        and forecasts.target_date = dateadd(day, 7, shown.date_key)
    left join source_health on source_health.source = shown.source
    left join source_arrivals on source_arrivals.source = shown.source
    cross join overall

),

first_tiles as (

    select * from tiles
    where tile_position <= {{ most }}

)

select * from first_tiles
