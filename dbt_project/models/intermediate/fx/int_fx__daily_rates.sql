with

dated_rates as (

    select * from {{ ref('dated_rates') }}

),

days as (

    select date_key from {{ ref('dim_date') }}

),

-- A rate holds until the next one starts; the last holds on. Before the first there is none: unknown, never 1.
followed as (

    select
        iso_code,
        start_date,
        conversion_rate,
        lead(start_date) over (partition by iso_code order by start_date) as next_start_date
    from dated_rates

),

filled as (

    select
        followed.iso_code || '/' || days.date_key::varchar as rate_key,
        followed.iso_code,
        followed.conversion_rate,
        days.date_key as rate_date,
        followed.start_date
    from followed
    inner join days
        on days.date_key >= followed.start_date
        and (days.date_key < followed.next_start_date or followed.next_start_date is null)

)

select * from filled
