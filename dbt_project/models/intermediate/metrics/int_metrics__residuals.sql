{#-
  A flow is expected at the trailing 28 days' level times its weekday's factor; a stock, where it stood the day before.
-#}
with

-- Nothing is learned from a day that may be incomplete.
known as (

    select
        *,
        datediff(day, '2020-01-01'::date, date_key) as day_number
    from {{ ref('int_metrics__daily_long') }}
    where is_closed and not is_stale and kind in ('flow', 'stock')

),

flows as (

    select * from known
    where kind = 'flow'

),

trailing as (

    select
        flows.series_key,
        flows.day_number,
        median(earlier.value) as middle,
        avg(earlier.value) as mean,
        count(*) as level_n
    from flows
    inner join flows as earlier
        on earlier.series_key = flows.series_key
        and earlier.day_number between flows.day_number - 28 and flows.day_number - 1
    group by flows.series_key, flows.day_number

),

-- Of few things the median jumps by whole ones; there the mean tells more.
levels as (

    select
        flows.series_key,
        flows.day_number,
        flows.value,
        flows.is_count,
        trailing.level_n,
        flows.is_count and trailing.middle < 20 as is_low,
        iff(flows.is_count and trailing.middle < 20, trailing.mean, trailing.middle) as level,
        flows.value / nullif(iff(flows.is_count and trailing.middle < 20, trailing.mean, trailing.middle), 0) as ratio
    from flows
    inner join trailing
        on trailing.series_key = flows.series_key and trailing.day_number = flows.day_number

),

seasons as (

    select
        levels.series_key,
        levels.day_number,
        count(earlier.ratio) as week_n,
        iff(max(iff(levels.is_low, 1, 0)) = 1, avg(earlier.ratio), median(earlier.ratio)) as factor
    from levels
    left join levels as earlier
        on earlier.series_key = levels.series_key
        and earlier.day_number between levels.day_number - 56 and levels.day_number - 7
        and mod(levels.day_number - earlier.day_number, 7) = 0
    group by levels.series_key, levels.day_number

),

expected_flows as (

    select
        levels.series_key,
        levels.day_number,
        levels.value,
        levels.is_count,
        levels.level_n,
        levels.level,
        seasons.week_n,
        levels.level * iff(seasons.week_n >= 3, seasons.factor, 1) as expected
    from levels
    inner join seasons on seasons.series_key = levels.series_key and seasons.day_number = levels.day_number

),

-- Each class has its own scale, and a day is compared with days of its class: a quiet Sunday says nothing of Mondays.
-- Anscombe's root makes the scatter of a low count 1, whatever the count.
flow_residuals as (

    select
        series_key,
        day_number,
        expected,
        level_n >= 21 and week_n >= 3 as has_history,
        case
            when is_count and expected < 20 then 'low_count'
            when expected >= 0.1 * level and expected > 0 then 'relative'
            else 'quiet'
        end as residual_class,
        case
            when is_count and expected < 20 then 2 * (sqrt(greatest(value, 0) + 0.375) - sqrt(expected + 0.375))
            when expected >= 0.1 * level and expected > 0 then value / expected - 1
            else (value - expected) / nullif(level, 0)
        end as residual,
        -- No scatter is smaller than chance alone makes it.
        case
            when is_count and expected < 20 then 1
            when expected >= 0.1 * level and expected > 0 then iff(is_count, 1 / sqrt(expected), 0.005)
            else 0.02
        end as least_scatter
    from expected_flows

),

stock_residuals as (

    select
        today.series_key,
        today.day_number,
        yesterday.value as expected,
        true as has_history,
        'stock' as residual_class,
        today.value / nullif(yesterday.value, 0) - 1 as residual,
        0.005 as least_scatter
    from known as today
    inner join known as yesterday
        on yesterday.series_key = today.series_key and yesterday.day_number = today.day_number - 1
    where today.kind = 'stock'

),

residuals as (

    select * from flow_residuals
    union all
    select * from stock_residuals

),

keyed as (

    select
        md5(series_key || '|' || day_number::varchar) as residual_key,
        *
    from residuals

)

select * from keyed
