with

anomalies as (

    select * from {{ ref('metric_anomalies') }}

),

odd_days as (

    select
        'anomaly' as kind,
        series_key || '|' || direction as subject_key,
        3 as days_apart,
        *
    from anomalies
    where status = 'anomaly'

    union all

    -- However many metrics wait for a source, it is one outage.
    select
        'stale_source' as kind,
        source as subject_key,
        1 as days_apart,
        *
    from anomalies
    where status = 'stale_source'

),

-- Days of one subject belong together until it is quiet for longer than days_apart.
begun as (

    select
        *,
        iff(
            coalesce(
                datediff(
                    day,
                    lag(date_key) over (partition by kind, subject_key order by date_key, anomaly_key),
                    date_key
                ),
                9999
            ) > days_apart,
            1,
            0
        ) as is_first
    from odd_days

),

numbered as (

    select
        *,
        sum(is_first) over (
            partition by kind, subject_key
            order by date_key, anomaly_key
            rows between unbounded preceding and current row
        ) as incident_number
    from begun

),

bounds as (

    select
        kind,
        subject_key,
        incident_number,
        min(date_key) as first_date,
        max(date_key) as last_date,
        count(distinct date_key) as days,
        count(distinct series_key) as metrics
    from numbered
    group by kind, subject_key, incident_number

),

-- An incident is told by its oddest day.
incidents as (

    select
        md5(numbered.kind || '|' || numbered.subject_key || '|' || bounds.first_date::varchar) as incident_key,
        numbered.kind,
        iff(numbered.kind = 'anomaly', numbered.metric, null)::varchar as metric,
        iff(numbered.kind = 'anomaly', numbered.dimension, null)::varchar as dimension,
        numbered.source,
        iff(numbered.kind = 'anomaly', numbered.label, numbered.source)::varchar as label,
        iff(numbered.kind = 'anomaly', numbered.unit, null)::varchar as unit,
        iff(numbered.kind = 'anomaly', numbered.pattern, null)::varchar as pattern,
        iff(numbered.kind = 'anomaly', numbered.direction, null)::varchar as direction,
        iff(numbered.kind = 'anomaly', numbered.good_direction, null)::varchar as good_direction,
        iff(numbered.kind = 'anomaly', numbered.severity, 'high')::varchar as severity,
        iff(numbered.kind = 'anomaly', numbered.value, null)::number(24, 6) as value,
        iff(numbered.kind = 'anomaly', numbered.expected, null)::number(24, 6) as expected,
        iff(numbered.kind = 'anomaly', numbered.effect_ratio, null)::number(12, 6) as effect_ratio,
        iff(numbered.kind = 'anomaly', numbered.z, null)::number(12, 4) as z,
        bounds.metrics::number(18, 0) as metrics,
        bounds.days::number(9, 0) as days,
        numbered.date_key,
        bounds.first_date,
        bounds.last_date
    from numbered
    inner join bounds
        on bounds.kind = numbered.kind
        and bounds.subject_key = numbered.subject_key
        and bounds.incident_number = numbered.incident_number
    qualify row_number() over (
        partition by numbered.kind, numbered.subject_key, numbered.incident_number
        order by
            iff(numbered.pattern = 'day', 0, 1),
            abs(numbered.z) desc nulls last,
            numbered.date_key,
            numbered.anomaly_key
    ) = 1

)

select * from incidents
