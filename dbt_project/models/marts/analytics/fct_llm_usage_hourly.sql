with

requests as (

    select
        *,
        date_trunc('hour', started_at)::timestamp_ntz as hour_at
    from {{ ref('int_llm__priced_requests') }}
    where not is_deleted

),

hours as (

    select
        md5(hour_at::varchar || '|' || provider_name || '|' || model_name || '|' || task_name)::varchar as usage_key,
        provider_name::varchar as provider_name,
        model_name::varchar as model_name,
        task_name::varchar as task_name,
        count(*)::number(18, 0) as requests_n,
        count_if(is_outcome)::number(18, 0) as outcomes_n,
        count_if(is_superseded)::number(18, 0) as superseded_n,
        count_if(has_failed)::number(18, 0) as failed_n,
        count_if(is_cache_hit)::number(18, 0) as cache_hits_n,
        count_if(usage_basis = 'estimated')::number(18, 0) as estimated_n,
        count_if(is_unpriced)::number(18, 0) as unpriced_n,
        sum(prompt_tokens)::number(18, 0) as prompt_tokens,
        sum(cached_tokens)::number(18, 0) as cached_tokens,
        sum(completion_tokens)::number(18, 0) as completion_tokens,
        sum(reasoning_tokens)::number(18, 0) as reasoning_tokens,
        -- Of the calls with a known cost; NULL where there is none of them.
        sum(cost_usd)::number(24, 10) as cost_usd,
        sum(cost_usd_reported)::number(24, 10) as cost_usd_reported,
        sum(cache_saving_usd)::number(24, 10) as cache_saving_usd,
        hour_at
    from requests
    group by hour_at, provider_name, model_name, task_name

)

select * from hours
