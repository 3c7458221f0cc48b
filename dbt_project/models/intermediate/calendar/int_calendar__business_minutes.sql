with

days as (

    select * from {{ ref('dim_date') }}

),

hours as (

    select * from {{ ref('business_hours') }}

),

holidays as (

    select * from {{ ref('holidays') }}

),

teams as (

    select distinct
        team,
        time_zone
    from hours

),

-- Local clock times become instants one by one, so a day on which the clocks change is as long as it is.
worked as (

    select
        teams.team,
        days.date_key,
        teams.time_zone,
        holidays.holiday_date is not null as is_holiday,
        convert_timezone(teams.time_zone, 'UTC', days.date_key::timestamp_ntz)::timestamp_ntz as day_starts_at,
        convert_timezone(
            teams.time_zone, 'UTC', dateadd(day, 1, days.date_key::timestamp_ntz)
        )::timestamp_ntz as day_ends_at,
        iff(
            holidays.holiday_date is null,
            convert_timezone(
                teams.time_zone, 'UTC', dateadd(minute, hours.opens_minute, days.date_key::timestamp_ntz)
            )::timestamp_ntz,
            null
        ) as opens_at,
        iff(
            holidays.holiday_date is null,
            convert_timezone(
                teams.time_zone, 'UTC', dateadd(minute, hours.closes_minute, days.date_key::timestamp_ntz)
            )::timestamp_ntz,
            null
        ) as closes_at
    from teams
    cross join days
    left join hours on hours.team = teams.team and hours.day_of_week_iso = days.day_of_week_iso
    left join holidays
        on holidays.holiday_calendar = hours.holiday_calendar
        and holidays.holiday_date = days.date_key

),

measured as (

    select
        *,
        coalesce(datediff(second, opens_at, closes_at), 0)::number(9, 0) as business_seconds
    from worked

),

counted as (

    select
        md5(team || '|' || date_key::varchar) as business_day_key,
        team,
        time_zone,
        (business_seconds / 60)::number(9, 2) as business_minutes,
        business_seconds,
        (
            sum(business_seconds) over (
                partition by team
                order by date_key
                rows between unbounded preceding and current row
            ) - business_seconds
        )::number(18, 0) as business_seconds_before,
        is_holiday,
        date_key,
        day_starts_at,
        day_ends_at,
        opens_at,
        closes_at
    from measured

)

select * from counted
