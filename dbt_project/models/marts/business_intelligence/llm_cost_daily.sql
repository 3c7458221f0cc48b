with

dates as (

    select date_key from {{ ref('dim_date') }}
    where date_key <= {{ business_date(as_of()) }}

),

requests as (

    select
        *,
        -- What a ratio of outcomes and money can be made of: free models would make every day look cheap.
        has_price and not is_free and not is_unpriced as is_paid,
        not is_free as is_to_be_paid
    from {{ ref('int_llm__priced_requests') }}

),

-- Every call counts once in the whole day, once in its task and once in its model.
sliced as (

    select
        'all' as slice,
        'all' as slice_value,
        *
    from requests
    union all
    select
        'task' as slice,
        task_name as slice_value,
        *
    from requests
    union all
    select
        'model' as slice,
        provider_name || '/' || model_name as slice_value,
        *
    from requests

),

sums as (

    select
        date_key,
        slice,
        slice_value,
        count(*) as requests_n,
        count_if(is_outcome) as outcomes_n,
        count_if(is_superseded) as superseded_n,
        count_if(has_failed) as failed_n,
        count_if(is_to_be_paid) as sample_n,
        count_if(is_paid) as known_n,
        count_if(is_paid and is_outcome) as paid_outcomes_n,
        count_if(usage_basis in ('estimated', 'missing')) as unreported_n,
        count_if(usage_basis != 'none') as used_n,
        sum(iff(is_paid, cost_usd, 0)) as cost_usd,
        sum(iff(is_paid, prompt_tokens + completion_tokens, 0)) as paid_tokens,
        sum(cache_saving_usd) as cache_saving_usd,
        percentile_cont(0.95) within group (
            order by iff(has_failed or is_cache_hit, null, latency_ms)
        ) as latency_p95_ms
    from sliced
    group by date_key, slice, slice_value

),

-- Every day from the first call of a slice on, those without any included.
spine as (

    select
        dates.date_key,
        slices.slice,
        slices.slice_value
    from (
        select
            slice,
            slice_value,
            min(date_key) as first_date
        from sums
        group by slice, slice_value
    ) as slices
    inner join dates on dates.date_key >= slices.first_date

),

days as (

    select
        md5(spine.date_key::varchar || '|' || spine.slice || '|' || spine.slice_value)::varchar as cost_key,
        spine.slice::varchar as slice,
        spine.slice_value::varchar as slice_value,
        coalesce(sums.requests_n, 0)::number(18, 0) as requests_n,
        coalesce(sums.outcomes_n, 0)::number(18, 0) as outcomes_n,
        coalesce(sums.superseded_n, 0)::number(18, 0) as superseded_n,
        coalesce(sums.failed_n, 0)::number(18, 0) as failed_n,
        coalesce(sums.sample_n, 0)::number(18, 0) as sample_n,
        coalesce(sums.known_n, 0)::number(18, 0) as known_n,
        coalesce(sums.paid_outcomes_n, 0)::number(18, 0) as paid_outcomes_n,
        -- Calls to be paid of which no cost is known: the day's cost is not 0, it is unknown.
        iff(sums.sample_n > 0 and sums.known_n = 0, null, coalesce(sums.cost_usd, 0))::number(24, 10) as cost_usd,
        (sums.paid_outcomes_n / nullif(sums.cost_usd, 0))::number(24, 6) as outcomes_per_usd,
        (sums.cost_usd / nullif(sums.paid_outcomes_n, 0))::number(24, 10) as cost_per_outcome_usd,
        (1000 * sums.cost_usd / nullif(sums.paid_tokens, 0))::number(24, 10) as cost_per_1k_tokens_usd,
        coalesce(sums.cache_saving_usd, 0)::number(24, 10) as cache_saving_usd,
        (sums.unreported_n / nullif(sums.used_n, 0))::number(7, 6) as unreported_share,
        sums.latency_p95_ms::number(18, 0) as latency_p95_ms,
        spine.date_key
    from spine
    left join sums
        on sums.date_key = spine.date_key
        and sums.slice = spine.slice
        and sums.slice_value = spine.slice_value

)

select * from days
