with

records as (

    select * from {{ ref('base_records') }}
    where source = 'llm_usage' and stream = 'litellm_spend_log'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as request_id,
        'litellm' as gateway,
        -- Our own callers note in spend_logs_metadata which call they repeat.
        payload:metadata:spend_logs_metadata:retry_of::varchar as retry_of_request_id,
        payload:api_base::varchar as api_base,
        lower(coalesce(
            nullif(payload:custom_llm_provider::varchar, ''),
            iff(payload:model::varchar like '%/%', split_part(payload:model::varchar, '/', 1), null)
        )) as provider_name,
        iff(
            lower(payload:model::varchar) like provider_name || '/%',
            substr(payload:model::varchar, length(provider_name) + 2),
            payload:model::varchar
        ) as model_name,
        payload:model::varchar as model_served,
        payload:model_group::varchar as model_requested,
        payload:api_key::varchar as api_key_hash,
        payload:team_id::varchar as team_id,
        replace(regexp_substr(payload:request_tags::varchar, 'feature:[^"]+'), 'feature:', '') as task_name,
        lower(coalesce(payload:status::varchar, payload:metadata:status::varchar)) as call_status,
        nullif(payload:end_user::varchar, '') as end_user,
        try_to_decimal(payload:prompt_tokens::varchar, 18, 0) as prompt_tokens,
        try_to_decimal(payload:completion_tokens::varchar, 18, 0) as completion_tokens,
        coalesce(
            try_to_decimal(payload:metadata:usage_object:prompt_tokens_details:cached_tokens::varchar, 18, 0),
            try_to_decimal(payload:metadata:usage_object:cache_read_input_tokens::varchar, 18, 0),
            0
        ) as cached_tokens,
        coalesce(
            try_to_decimal(payload:metadata:usage_object:completion_tokens_details:reasoning_tokens::varchar, 18, 0), 0
        ) as reasoning_tokens,
        try_to_decimal(payload:spend::varchar, 18, 8) as cost_usd_reported,
        -- LiteLLM has logged streamed calls as free while its own breakdown knew the price (BerriAI/litellm#40100).
        coalesce(
            nullif(try_to_decimal(payload:spend::varchar, 18, 8), 0),
            try_to_decimal(payload:metadata:cost_breakdown:total_cost::varchar, 18, 8),
            0
        ) as cost_usd,
        cost_usd = 0 and prompt_tokens + completion_tokens > 0 as is_unpriced,
        lower(payload:cache_hit::varchar) = 'true' as is_cache_hit,
        {{ utc('payload:startTime') }} as started_at,
        {{ utc('payload:endTime') }} as ended_at,
        {{ record_times() }}
    from records

)

select * from typed
