with

intervals as (

    select * from {{ ref('int_arr__subscription_intervals') }}

),

months as (

    select * from {{ ref('int_arr__months') }}

),

rates as (

    select * from {{ ref('int_arr__rates') }}

),

-- As known when the month ended.
known as (

    select
        intervals.*,
        months.month_start_date,
        {{ is_earning('intervals', 'months.ends_at') }} as is_running
    from intervals
    inner join months on {{ told_by('intervals', 'months.ends_at') }}

),

subscription_months as (

    select
        md5(known.record_id || '|' || known.month_start_date::varchar) as subscription_month_key,
        known.record_id,
        known.connection_id,
        known.subscription_id,
        known.account_id,
        known.plan_name,
        known.subscription_status,
        known.currency_code,
        {{ yearly_amount('known.is_running', 'known.monthly_amount') }} as arr_amount,
        rates.conversion_rate,
        (arr_amount / iff(arr_amount = 0, 1, rates.conversion_rate))::number(18, 2) as arr_usd,
        known.is_running,
        known.is_currency_assumed,
        known.month_start_date
    from known
    left join rates
        on rates.currency_code = known.currency_code and rates.month_start_date = known.month_start_date

)

select * from subscription_months
