{#-
  How far a day lies from what was expected is measured in the scatter of the 13 weeks before it. How the thresholds were
  chosen, and what they catch: docs/decisions/forecasts.md.
-#}
{%- set threshold = 3.4 -%}
{%- set stock_threshold = 6 -%}
{%- set drift_threshold = 1.3 -%}
{%- set false_discovery_rate = 0.05 -%}
{%- set today_number = "datediff(day, '2020-01-01'::date, " ~ business_date(as_of()) ~ ")" -%}
{%- set first_judged = today_number ~ " - " ~ var('anomaly_days', 120) %}

with

observations as (

    select
        *,
        datediff(day, '2020-01-01'::date, date_key) as day_number
    from {{ ref('int_metrics__daily_long') }}
    where is_closed and kind in ('flow', 'stock')

),

residuals as (

    select * from {{ ref('int_metrics__residuals') }}

),

known_events as (

    select * from {{ ref('known_events') }}

),

scatters as (

    select
        residuals.series_key,
        residuals.day_number,
        count(earlier.residual) as scatter_n,
        coalesce(median(earlier.residual), 0) as usual_residual,
        1.4826 * median(abs(earlier.residual)) as median_scatter,
        1.2533 * avg(abs(earlier.residual)) as mean_scatter
    from residuals
    left join residuals as earlier
        on earlier.series_key = residuals.series_key
        and earlier.residual_class = residuals.residual_class
        and earlier.has_history
        and earlier.day_number between residuals.day_number - 91 and residuals.day_number - 1
    where residuals.day_number > {{ first_judged }} - 14
    group by residuals.series_key, residuals.day_number

),

-- Most days a stock does not move at all, so that its median scatter is near 0; the mean is not.
scored as (

    select
        residuals.series_key,
        residuals.day_number,
        residuals.expected,
        residuals.residual_class,
        (
            residuals.has_history
            and scatters.scatter_n >= iff(residuals.residual_class in ('quiet', 'low_count'), 12, 28)
        ) as is_judged,
        (residuals.residual - scatters.usual_residual)
        / greatest(
            coalesce(scatters.median_scatter, 0),
            iff(residuals.residual_class = 'stock', coalesce(scatters.mean_scatter, 0), 0),
            residuals.least_scatter
        ) as z
    from residuals
    inner join scatters
        on scatters.series_key = residuals.series_key and scatters.day_number = residuals.day_number

),

-- A slow drift is within chance every day, and on the same side of it for two weeks; one odd day is no drift.
drifting as (

    select
        *,
        iff(
            count(z) over (
                partition by series_key
                order by day_number
                rows between 13 preceding and current row
            ) = 14 and residual_class != 'stock',
            avg(greatest(least(z, 3), -3)) over (
                partition by series_key
                order by day_number
                rows between 13 preceding and current row
            ),
            null
        ) as drift
    from scored
    where is_judged and z is not null

),

-- Two-sided; exp(-0.717 z - 0.416 z²) is slightly above the normal tail, so that it errs towards silence.
probable as (

    select
        *,
        least(1, exp(greatest(-0.717 * abs(z) - 0.416 * z * z, -600))) as p_value
    from drifting
    where day_number > {{ first_judged }}

),

ranked as (

    select
        *,
        row_number() over (partition by day_number order by p_value, series_key) as place,
        count(*) over (partition by day_number) as metric_n
    from probable

),

-- Benjamini and Hochberg: of all that one day calls odd, at most this share may be chance.
discovered as (

    select
        *,
        place <= max(iff(p_value <= {{ false_discovery_rate }} * place / metric_n, place, 0))
            over (partition by day_number) as is_discovery
    from ranked

),

stale_days as (

    select distinct
        source,
        date_key
    from observations
    where is_stale

),

weighed as (

    select
        observations.metric_key,
        observations.series_key,
        observations.metric,
        observations.dimension,
        observations.source,
        observations.label,
        observations.unit,
        observations.value,
        discovered.expected,
        observations.value - discovered.expected as effect,
        (observations.value - discovered.expected) / nullif(abs(discovered.expected), 0) as effect_ratio,
        discovered.z,
        discovered.drift,
        discovered.p_value,
        iff(observations.value >= discovered.expected, 'up', 'down') as direction,
        observations.good_direction,
        observations.is_stale,
        stale_days.source is not null and observations.value < discovered.expected as is_beside_stale,
        known_events.event_key,
        coalesce(
            discovered.is_discovery
            and abs(discovered.z)
            >= iff(discovered.residual_class = 'stock', {{ stock_threshold }}, {{ threshold }}),
            false
        ) as is_odd,
        abs(observations.value - discovered.expected)
        >= greatest(observations.min_effect, observations.min_effect_ratio * abs(discovered.expected)) as is_large,
        observations.date_key
    from observations
    left join discovered
        on discovered.series_key = observations.series_key and discovered.day_number = observations.day_number
    -- An outage keeps to no midnight: it takes a part of the days beside it.
    left join stale_days
        on stale_days.source = observations.source
        and abs(datediff(day, stale_days.date_key, observations.date_key)) = 1
    left join known_events
        on observations.date_key between known_events.first_date and known_events.last_date
        and coalesce(nullif(known_events.metric, ''), observations.metric) = observations.metric
        and coalesce(nullif(known_events.dimension, ''), observations.dimension) = observations.dimension
    where observations.day_number > {{ first_judged }}
    qualify row_number() over (
        partition by observations.metric_key
        order by stale_days.date_key nulls last, known_events.event_key nulls last
    ) = 1

),

patterned as (

    select
        *,
        case
            when is_odd then 'day'
            when abs(drift) >= {{ drift_threshold }} then 'drift'
        end as pattern
    from weighed

),

judged as (

    select
        metric_key as anomaly_key,
        series_key,
        metric,
        dimension,
        source,
        label,
        unit,
        case
            when is_stale then 'stale_source'
            when z is null then 'insufficient_history'
            when is_odd and is_beside_stale then 'stale_source'
            when is_odd and event_key is not null then 'known_event'
            when is_odd and not is_large then 'too_small'
            when pattern is not null then 'anomaly'
            else 'normal'
        end as status,
        pattern::varchar as pattern,
        case
            when pattern = 'drift' then iff(drift > 0, 'up', 'down')
            when z is not null then direction
        end::varchar as direction,
        good_direction,
        case
            when pattern is null then null
            when pattern = 'drift' then 'low'
            when abs(effect_ratio) >= 0.5 or effect_ratio is null then 'high'
            when abs(effect_ratio) >= 0.25 then 'medium'
            else 'low'
        end::varchar as severity,
        event_key as known_event_key,
        value::number(24, 6) as value,
        expected::number(24, 6) as expected,
        effect::number(24, 6) as effect,
        -- Anything against an expected 0 is infinitely much; the cap keeps the type.
        least(greatest(effect_ratio, -99999), 99999)::number(12, 6) as effect_ratio,
        least(greatest(z, -99999), 99999)::number(12, 4) as z,
        least(greatest(drift, -99999), 99999)::number(12, 4) as drift,
        p_value::float as p_value,
        date_key
    from patterned

)

select * from judged
