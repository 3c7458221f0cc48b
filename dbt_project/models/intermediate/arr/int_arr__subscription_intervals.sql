with

versions as (

    select * from {{ ref('stg_custom__subscription_versions') }}

),

invoices as (

    select * from {{ ref('stg_custom__invoices') }}
    where not is_deleted and currency_code is not null

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

priced as (

    select
        md5(intervals.record_id || '|' || intervals.valid_from::varchar) as subscription_interval_key,
        intervals.record_id,
        intervals.connection_id,
        intervals.subscription_id,
        intervals.account_id,
        intervals.plan_name,
        intervals.subscription_status,
        coalesce(
            subscription_currencies.currency_code,
            account_currencies.currency_code,
            '{{ var("company_currency") }}'
        ) as currency_code,
        intervals.monthly_amount,
        subscription_currencies.currency_code is null
        and account_currencies.currency_code is null as is_currency_assumed,
        intervals.is_deleted,
        intervals.started_at,
        intervals.ended_at,
        intervals.valid_from,
        intervals.valid_to
    from intervals
    left join subscription_currencies
        on subscription_currencies.connection_id = intervals.connection_id
        and subscription_currencies.subscription_id = intervals.subscription_id
    left join account_currencies on account_currencies.company_id = intervals.account_id
    where intervals.account_id is not null

)

select * from priced
