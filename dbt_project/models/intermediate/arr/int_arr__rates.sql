with

months as (

    select * from {{ ref('int_arr__months') }}

),

rates as (

    select * from {{ ref('dated_rates') }}

),

-- The rate of each month's last day.
dated as (

    select
        rates.iso_code as currency_code,
        months.month_start_date,
        rates.conversion_rate::number(18, 6) as conversion_rate
    from months
    inner join rates on rates.start_date <= months.month_end_date
    qualify row_number() over (
        partition by rates.iso_code, months.month_start_date
        order by rates.start_date desc
    ) = 1

),

every_currency as (

    select
        '{{ var("company_currency") }}' as currency_code,
        month_start_date,
        1::number(18, 6) as conversion_rate
    from months
    union all
    select * from dated
    where currency_code != '{{ var("company_currency") }}'

),

keyed as (

    select
        md5(currency_code || '|' || month_start_date::varchar) as rate_key,
        *
    from every_currency

)

select * from keyed
