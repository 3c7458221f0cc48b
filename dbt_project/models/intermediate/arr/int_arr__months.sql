with

dates as (

    select * from {{ ref('dim_date') }}

),

versions as (

    select * from {{ ref('stg_custom__subscription_versions') }}

),

invoices as (

    select * from {{ ref('stg_custom__invoices') }}

),

-- Two years, so that there are months to say "not known" of; more where billing goes back further.
first_month as (

    select least(
        dateadd(month, -23, date_trunc('month', {{ business_date(as_of()) }}))::date,
        coalesce(
            (select date_trunc('month', min({{ business_date('started_at') }}))::date from versions),
            '9999-01-01'::date
        ),
        coalesce((select date_trunc('month', min(issued_on))::date from invoices), '9999-01-01'::date)
    ) as month_start_date

),

-- The running month is told as far as it has come.
months as (

    select
        dates.month_start_date,
        least(max(dates.date_key), {{ business_date(as_of()) }})::date as month_end_date,
        max(dates.day_ends_at) <= {{ as_of() }} as is_complete,
        least(max(dates.day_ends_at), {{ as_of() }})::timestamp_ntz as ends_at
    from dates
    inner join first_month on first_month.month_start_date <= dates.month_start_date
    where dates.month_start_date <= {{ business_date(as_of()) }}
    group by dates.month_start_date

)

select * from months
