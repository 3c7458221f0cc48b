with

subscription_months as (

    select * from {{ ref('int_arr__subscription_months') }}

),

accounts as (

    select * from {{ ref('int_arr__accounts') }}

),

months as (

    select * from {{ ref('int_arr__months') }}

),

rates as (

    select * from {{ ref('int_arr__rates') }}

),

-- What is invoiced without a subscription is usage. It is never recurring revenue, however regular.
usage_invoices as (

    select
        invoices.company_id as account_id,
        months.month_start_date,
        (invoices.total_amount / rates.conversion_rate)::number(18, 2) as usage_usd
    from {{ ref('stg_custom__invoices') }} as invoices
    inner join months on months.month_start_date = date_trunc('month', invoices.issued_on)::date
    left join rates
        on rates.currency_code = invoices.currency_code and rates.month_start_date = months.month_start_date
    where
        invoices.subscription_id is null
        and not invoices.is_deleted
        and invoices.invoice_status in ('open', 'paid', 'uncollectible')

),

recurring as (

    select
        account_id,
        month_start_date,
        count_if(is_running) as subscriptions_n,
        count_if(arr_usd is null) as unknown_n,
        sum(arr_usd) as arr_usd
    from subscription_months
    group by account_id, month_start_date

),

used as (

    select
        account_id,
        month_start_date,
        iff(count_if(usage_usd is null) > 0, null, sum(usage_usd)) as usage_usd
    from usage_invoices
    group by account_id, month_start_date

),

first_months as (

    select
        account_id,
        min(month_start_date) as month_start_date
    from (
        select
            account_id,
            month_start_date
        from recurring
        union all
        select
            account_id,
            month_start_date
        from used
    ) as either
    group by account_id

),

-- Every month from an account's first one on: one that pays no more stays, with 0.
account_months as (

    select
        md5(first_months.account_id || '|' || months.month_start_date::varchar) as account_month_key,
        first_months.account_id,
        accounts.parent_account_id,
        coalesce(accounts.is_known_account, false) as is_known_account,
        months.is_complete,
        coalesce(recurring.subscriptions_n, 0) as subscriptions_n,
        coalesce(recurring.unknown_n, 0) as unknown_n,
        iff(recurring.unknown_n > 0, null, coalesce(recurring.arr_usd, 0)) as arr_usd,
        iff(used.account_id is null, 0, used.usage_usd) as usage_usd,
        months.month_start_date,
        months.month_end_date
    from first_months
    inner join months on months.month_start_date >= first_months.month_start_date
    left join accounts on accounts.account_id = first_months.account_id
    left join recurring
        on recurring.account_id = first_months.account_id and recurring.month_start_date = months.month_start_date
    left join used
        on used.account_id = first_months.account_id and used.month_start_date = months.month_start_date

),

told as (

    select
        account_month_key,
        account_id,
        parent_account_id,
        is_known_account,
        is_complete,
        subscriptions_n::number(18, 0) as subscriptions_n,
        unknown_n::number(18, 0) as unknown_n,
        arr_usd::number(18, 2) as arr_usd,
        usage_usd::number(18, 2) as usage_usd,
        -- Unknown while one of the three months is.
        iff(
            sum(iff(usage_usd is null, 1, 0)) over (
                partition by account_id
                order by month_start_date
                rows between 2 preceding and current row
            ) > 0,
            null,
            4 * sum(usage_usd) over (
                partition by account_id
                order by month_start_date
                rows between 2 preceding and current row
            )
        )::number(18, 2) as usage_annualised_usd,
        month_start_date,
        month_end_date
    from account_months

)

select * from told
