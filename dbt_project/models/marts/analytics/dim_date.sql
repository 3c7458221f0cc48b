with

numbers as (

    select row_number() over (order by seq4()) - 1 as day_number
    from table(generator(rowcount => 4748))

),

days as (

    select dateadd(day, day_number, '2020-01-01'::date)::date as date_key
    from numbers

),

described as (

    select
        date_key,
        year(date_key)::number(4, 0) as calendar_year,
        quarter(date_key)::number(1, 0) as calendar_quarter,
        month(date_key)::number(2, 0) as calendar_month,
        dayofweekiso(date_key)::number(1, 0) as day_of_week_iso,
        dayofweekiso(date_key) >= 6 as is_weekend,
        date_trunc('week', date_key)::date as week_start_date,
        date_trunc('month', date_key)::date as month_start_date,
        {{ end_of_business_date('date_key') }}::timestamp_ntz as day_ends_at
    from days

)

select * from described
