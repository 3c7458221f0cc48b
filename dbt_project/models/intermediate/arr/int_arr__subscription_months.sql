with

versions as (

    select * from {{ ref('stg_custom__subscription_versions') }}

),

months as (

    select * from {{ ref('int_arr__months') }}

),

invoices as (

    select * from {{ ref('stg_custom__invoices') }}
    where not is_deleted and currency_code is not null

),

rates as (

    select * from {{ ref('int_arr__rates') }}

),

-- A deletion names nothing but the subscription: the rest is as it was last told.
filled as (

    select
        *,
        lag(company_id) over (partition by record_id order by valid_from) as previous_company_id,
        lag(started_at) over (partition by record_id order by valid_from) as previous_started_at
    from versions

),

-- What held before billing began to tell is what it told first.
intervals as (

    select
        * exclude (company_id, started_at, valid_from),
        coalesce(company_id, previous_company_id) as account_id,
        coalesce(started_at, previous_started_at) as started_at,
        iff(is_first and started_at < valid_from, started_at, valid_from) as valid_from
    from filled

),

-- A subscription says no currency; its invoices do.
subscription_currencies as (

    select
        connection_id,
        subscription_id,
        currency_code
    from invoices
    where subscription_id is not null
    qualify row_number() over (
        partition by connection_id, subscription_id
        order by issued_on desc, invoice_id desc
    ) = 1

),

account_currencies as (

    select
        company_id,
        currency_code
    from invoices
    qualify row_number() over (partition by company_id order by issued_on desc, invoice_id desc) = 1

),

-- As known when the month ended.
known as (

    select
        intervals.*,
        months.month_start_date,
        months.ends_at,
        coalesce(
            subscription_currencies.currency_code,
            account_currencies.currency_code,
            '{{ var("company_currency") }}'
        ) as currency_code,
        coalesce(subscription_currencies.currency_code, account_currencies.currency_code) is null as is_currency_assumed
    from intervals
    inner join months
        on months.ends_at > intervals.valid_from
        and (months.ends_at <= intervals.valid_to or intervals.valid_to is null)
    left join subscription_currencies
        on subscription_currencies.connection_id = intervals.connection_id
        and subscription_currencies.subscription_id = intervals.subscription_id
    left join account_currencies on account_currencies.company_id = intervals.account_id
    where intervals.account_id is not null

),

judged as (

    select
        *,
        case
            when is_deleted or started_at >= ends_at or ended_at <= ends_at then false
            when subscription_status = 'paused' then false
            -- Canceled with an end to come runs until then.
            when subscription_status = 'canceled' then ended_at is not null
            when subscription_status = 'active' and started_at is not null then true
        end as is_running
    from known

),

subscription_months as (

    select
        md5(judged.record_id || '|' || judged.month_start_date::varchar) as subscription_month_key,
        judged.record_id,
        judged.connection_id,
        judged.subscription_id,
        judged.account_id,
        judged.plan_name,
        judged.subscription_status,
        judged.currency_code,
        -- NULL where it is not known whether it runs, or for how much: never 0.
        case
            when not judged.is_running then 0
            when judged.is_running then judged.monthly_amount * 12
        end::number(18, 2) as arr_amount,
        rates.conversion_rate,
        (arr_amount / iff(arr_amount = 0, 1, rates.conversion_rate))::number(18, 2) as arr_usd,
        judged.is_running,
        judged.is_currency_assumed,
        judged.month_start_date
    from judged
    left join rates
        on rates.currency_code = judged.currency_code and rates.month_start_date = judged.month_start_date

)

select * from subscription_months
