with

occurrences as (

    select * from {{ ref('int_metrics__occurrences') }}

),

kpis as (

    select * from {{ ref('kpi_rollups_detail') }}

),

kpi_units as (

    select
        kpi,
        max_by(unit, version) as unit
    from {{ ref('kpi_definitions') }}
    group by kpi

),

definitions as (

    select * from {{ ref('metric_definitions') }}

),

source_days as (

    select * from {{ ref('int_metrics__source_days') }}

),

days as (

    select * from {{ ref('dim_date') }}
    where date_key <= {{ business_date(as_of()) }}

),

-- A metric begins with its first day, for every dimension: a competitor nobody had named yet was named 0 times.
metric_starts as (

    select
        metric,
        min(date_key) as first_date
    from occurrences
    group by metric

),

series as (

    select distinct
        occurrences.metric,
        occurrences.dimension,
        metric_starts.first_date
    from occurrences
    inner join metric_starts on metric_starts.metric = occurrences.metric

),

flows as (

    select
        series.metric,
        series.dimension,
        days.date_key,
        days.day_ends_at,
        coalesce(occurrences.amount, 0) as value
    from series
    inner join days
        on days.date_key >= series.first_date
        and days.date_key >= dateadd(day, -{{ var('metric_days', 400) }}, {{ business_date(as_of()) }})
    left join occurrences
        on occurrences.metric = series.metric
        and occurrences.dimension = series.dimension
        and occurrences.date_key = days.date_key

),

levels as (

    select
        kpis.kpi as metric,
        'all' as dimension,
        kpis.date_key,
        days.day_ends_at,
        kpis.value
    from kpis
    inner join days on days.date_key = kpis.date_key
    where kpis.value is not null

),

observations as (

    select * from flows
    union all
    select * from levels

),

described as (

    select
        md5(observations.metric || '|' || observations.dimension || '|' || observations.date_key::varchar)
            as metric_key,
        md5(observations.metric || '|' || observations.dimension) as series_key,
        observations.metric,
        observations.dimension,
        coalesce(
            definitions.source, iff(definitions.kind = 'flow', observations.dimension, null)
        )::varchar as source,
        replace(
            coalesce(definitions.label, replace(observations.metric, '_', ' ')), '{dimension}', observations.dimension
        ) as label,
        coalesce(definitions.unit, kpi_units.unit)::varchar as unit,
        coalesce(definitions.kind, 'stock') as kind,
        definitions.good_direction::varchar as good_direction,
        observations.value::number(24, 6) as value,
        coalesce(definitions.min_effect, 0)::number(18, 6) as min_effect,
        coalesce(definitions.min_effect_ratio, 0.10)::number(9, 6) as min_effect_ratio,
        coalesce(definitions.is_count, false) as is_count,
        coalesce(definitions.is_tile, true) as is_tile,
        observations.day_ends_at <= {{ as_of() }} as is_closed,
        observations.date_key
    from observations
    left join definitions on definitions.metric = observations.metric
    left join kpi_units on kpi_units.kpi = observations.metric

),

gated as (

    select
        described.*,
        coalesce(source_days.is_stale, false) as is_stale
    from described
    left join source_days
        on source_days.source = described.source and source_days.date_key = described.date_key

)

select * from gated
