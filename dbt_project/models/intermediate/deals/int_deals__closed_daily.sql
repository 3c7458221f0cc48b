with

today as (

    select {{ business_date(as_of()) }} as date_key

),

deals as (

    select * from {{ ref('int_deals__unified') }}

),

intervals as (

    select * from {{ ref('int_deals__stage_intervals') }}

),

-- The days that something tells: the last ones, and the ends of all weeks and months before.
days as (

    select
        dim_date.date_key,
        dim_date.month_start_date,
        least(dim_date.day_ends_at, {{ as_of() }}) as known_until
    from {{ ref('dim_date') }} as dim_date
    cross join today
    where
        dim_date.date_key <= today.date_key
        and dim_date.date_key >= (select min(valid_from)::date from intervals)
        and (
            dim_date.date_key > dateadd(day, -{{ var('kpi_days') }}, today.date_key)
            or dim_date.day_of_week_iso = 7
            or dim_date.date_key = last_day(dim_date.date_key)
        )

),

closed_then as (

    select
        md5(days.date_key::varchar || '|' || intervals.deal_key) as closed_day_key,
        intervals.deal_key,
        intervals.competitor,
        intervals.amount_usd,
        intervals.is_won,
        -- By the CRM's close date, not by when the stage changed; a re-opened deal leaves its month from that day on.
        intervals.is_won and intervals.close_date >= days.month_start_date as is_booked,
        intervals.is_won or (
            intervals.is_lost
            and intervals.was_qualified
            and coalesce(intervals.lost_reason, '') not in ('duplicate', 'disqualified', 'test')
        ) as is_decided,
        intervals.close_date > dateadd(day, -90, days.date_key) as is_in_90_days,
        intervals.close_date > dateadd(day, -180, days.date_key) as is_in_180_days,
        datediff(day, {{ business_date('deals.created_at') }}, intervals.close_date) as cycle_days,
        days.date_key,
        intervals.close_date,
        deals.created_at
    from days
    inner join intervals
        on intervals.valid_from < days.known_until
        and (intervals.valid_to >= days.known_until or intervals.valid_to is null)
        and intervals.close_date <= days.date_key
    inner join deals on deals.deal_key = intervals.deal_key
    cross join today
    -- No window is longer than 180 days; of today every closed deal is told.
    where
        not intervals.is_open
        and (intervals.close_date > dateadd(day, -180, days.date_key) or days.date_key = today.date_key)

)

select * from closed_then
