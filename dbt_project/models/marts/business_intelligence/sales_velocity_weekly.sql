with

today as (

    select {{ business_date(as_of()) }} as date_key

),

-- A week is told as of its Sunday, the present one as of today.
days as (

    select
        dim_date.date_key,
        dim_date.week_start_date
    from {{ ref('dim_date') }} as dim_date
    cross join today
    where
        (dim_date.day_of_week_iso = 7 and dim_date.date_key < today.date_key)
        or dim_date.date_key = today.date_key

),

closed_then as (

    select * from {{ ref('int_deals__closed_daily') }}

),

open_then as (

    select * from {{ ref('fct_pipeline_daily') }}

),

opened as (

    select
        days.date_key,
        days.week_start_date,
        count_if(open_then.is_qualified) as open_qualified_n
    from days
    inner join open_then on open_then.date_key = days.date_key
    group by days.date_key, days.week_start_date

),

closed as (

    select
        date_key,
        count_if(is_decided and is_in_90_days) as decided_n,
        count_if(is_won and is_in_90_days) as won_n,
        count_if(is_won and is_in_90_days and amount_usd is not null) as amount_n,
        avg(iff(is_won and is_in_90_days, amount_usd, null)) as average_won_usd,
        -- A deal imported after it was won was never sold here: no cycle.
        count_if(is_won and is_in_180_days and cycle_days >= 0) as cycle_n,
        median(iff(is_won and is_in_180_days and cycle_days >= 0, cycle_days, null)) as median_cycle_days
    from closed_then
    group by date_key

),

factors as (

    select
        opened.week_start_date,
        opened.date_key,
        opened.open_qualified_n,
        coalesce(closed.decided_n, 0) as decided_n,
        coalesce(closed.won_n, 0) as won_n,
        coalesce(closed.cycle_n, 0) as cycle_n,
        iff(closed.decided_n >= {{ var('kpi_min_n') }}, closed.won_n / closed.decided_n, null) as win_rate,
        iff(closed.amount_n >= {{ var('kpi_min_n') }}, closed.average_won_usd, null) as average_won_usd,
        iff(closed.cycle_n >= {{ var('kpi_min_n') }}, closed.median_cycle_days, null) as median_cycle_days
    from opened
    left join closed on closed.date_key = opened.date_key

),

typed as (

    select
        open_qualified_n::number(18, 0) as open_qualified_n,
        decided_n::number(18, 0) as decided_n,
        won_n::number(18, 0) as won_n,
        cycle_n::number(18, 0) as cycle_n,
        win_rate::number(7, 6) as win_rate,
        average_won_usd::number(18, 2) as average_won_usd,
        median_cycle_days::number(9, 1) as median_cycle_days,
        (open_qualified_n * win_rate * average_won_usd / nullif(median_cycle_days, 0))::number(18, 2)
            as velocity_usd_per_day,
        week_start_date,
        date_key as as_of_date
    from factors

)

select * from typed
