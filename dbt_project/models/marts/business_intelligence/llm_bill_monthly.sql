with

bills as (

    select * from {{ ref('stg_llm_usage__daily') }}
    where not is_deleted and usage_date is not null

),

requests as (

    select * from {{ ref('int_llm__priced_requests') }}
    where billed_by is not null and not is_deleted

),

-- Only days of which a bill can have come: OpenRouter tells the last 30.
spans as (

    select
        gateway,
        min(usage_date) as first_date,
        max(usage_date) as last_date
    from bills
    group by gateway

),

billed as (

    select
        gateway,
        date_trunc('month', usage_date)::date as month_start_date,
        sum(requests) as billed_n,
        sum(cost_usd) as billed_usd
    from bills
    group by gateway, date_trunc('month', usage_date)::date

),

-- By day first: there are few of them, however many requests.
reckoned_days as (

    select
        billed_by as gateway,
        started_at::date as usage_date,
        count_if(not has_failed and not is_cache_hit) as requests_n,
        count_if(is_unpriced) as unpriced_n,
        sum(cost_usd) as reckoned_usd
    from requests
    group by billed_by, started_at::date

),

reckoned as (

    select
        reckoned_days.gateway,
        date_trunc('month', reckoned_days.usage_date)::date as month_start_date,
        sum(reckoned_days.requests_n) as requests_n,
        sum(reckoned_days.unpriced_n) as unpriced_n,
        sum(reckoned_days.reckoned_usd) as reckoned_usd
    from reckoned_days
    inner join spans
        on spans.gateway = reckoned_days.gateway
        and reckoned_days.usage_date between spans.first_date and spans.last_date
    group by reckoned_days.gateway, date_trunc('month', reckoned_days.usage_date)::date

),

-- A gateway of which no call is known is asked by others than our proxy: nothing to compare.
compared as (

    select
        md5(billed.gateway || '|' || billed.month_start_date::varchar)::varchar as bill_key,
        billed.gateway::varchar as gateway,
        coalesce(billed.billed_n, 0)::number(18, 0) as billed_n,
        coalesce(reckoned.requests_n, 0)::number(18, 0) as requests_n,
        coalesce(reckoned.unpriced_n, 0)::number(18, 0) as unpriced_n,
        billed.billed_usd::number(24, 10) as billed_usd,
        reckoned.reckoned_usd::number(24, 10) as reckoned_usd,
        ((reckoned.reckoned_usd - billed.billed_usd) / nullif(billed.billed_usd, 0))::number(12, 6) as difference_share,
        abs(reckoned.reckoned_usd - billed.billed_usd) <= 0.02 * billed.billed_usd as is_reconciled,
        billed.month_start_date
    from billed
    left join reckoned
        on reckoned.gateway = billed.gateway and reckoned.month_start_date = billed.month_start_date

)

select * from compared
