{#-
  A run prices the calls that were written since the last one, those that one of them repeats, those whose usage has to be
  estimated of others, and all of them again when the price book changed. A deleted call keeps its row, and counts for
  nothing.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='request_key',
    on_schema_change='fail',
) }}

{%- set prices -%}
    select
        provider_name || '/' || model_name || '/' || valid_from::varchar || '/'
        || input_usd_per_1m::varchar || '/' || output_usd_per_1m::varchar || '/'
        || coalesce(cached_usd_per_1m::varchar, '') || '/'
        || coalesce(reasoning_usd_per_1m::varchar, '') as entry
    from {{ ref('llm_price_book') }}
{%- endset %}
{%- set price_book_key = contents_key(prices) %}
{%- set is_new -%}
    (
        {{ written_since_last_run() }}
        or not exists (select 1 from {{ this }} where price_book_key = {{ price_book_key }})
    )
{%- endset %}

with

calls as (

    select
        * exclude (provider_name, model_name, prompt_tokens, completion_tokens, started_at),
        coalesce(provider_name, 'unknown') as provider_name,
        lower(coalesce(model_name, 'unknown')) as model_name,
        coalesce(prompt_tokens, 0) as prompt_tokens,
        coalesce(completion_tokens, 0) as completion_tokens,
        coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0) > 0 as has_usage,
        coalesce(call_status, 'success') = 'success' and not coalesce(is_cache_hit, false) as is_answered_anew,
        -- A call that lost its clock counts on the day it came.
        coalesce(started_at, ended_at, first_received_at) as started_at
    from {{ ref('int_llm__requests') }}

),

price_book as (

    select
        *,
        lead(valid_from) over (partition by provider_name, model_name order by valid_from) as valid_to
    from {{ ref('llm_price_book') }}

),

retries as (

    select distinct
        connection_id,
        retry_of_request_id
    from calls
    where retry_of_request_id is not null and not is_deleted

),

to_price as (

    select * from calls
    {%- if is_incremental() %}
    where
        {{ is_new }}
        or (connection_id, request_id) in (
            select
                connection_id,
                retry_of_request_id
            from calls as retrying
            where retry_of_request_id is not null and {{ is_new }}
        )
        or (not has_usage and is_answered_anew)
    {%- endif %}

),

judged as (

    select
        to_price.record_id as request_key,
        to_price.connection_id,
        to_price.request_id,
        case
            when to_price.provider_name = 'openrouter' or to_price.api_base like '%openrouter.ai%' then 'openrouter'
            when to_price.api_base like '%portkey.ai%' then 'portkey'
        end as billed_by,
        to_price.provider_name,
        to_price.model_name,
        coalesce(to_price.task_name, to_price.team_id, 'unknown') as task_name,
        coalesce(to_price.call_status, 'success') != 'success' as has_failed,
        coalesce(to_price.is_cache_hit, false) as is_cache_hit,
        to_price.retry_of_request_id is not null as is_retry,
        retries.retry_of_request_id is not null as is_superseded,
        to_price.prompt_tokens,
        to_price.completion_tokens,
        to_price.cached_tokens,
        to_price.reasoning_tokens,
        to_price.has_usage,
        to_price.is_answered_anew,
        to_price.cost_usd as cost_usd_reported,
        to_price.is_deleted,
        to_price.started_at,
        to_price.ended_at,
        to_price.read_until
    from to_price
    left join retries
        on retries.connection_id = to_price.connection_id and retries.retry_of_request_id = to_price.request_id

),

known as (

    select * from calls
    where has_usage and is_answered_anew and not is_deleted

),

-- A call that was answered used tokens. Where none are logged (a stream without its usage), it is taken to have used
-- what calls of the same model did on average in the 30 days before.
references_of_unknown as (

    select
        unknown.request_key,
        round(avg(known.prompt_tokens)) as prompt_tokens,
        round(avg(known.completion_tokens)) as completion_tokens
    from judged as unknown
    inner join known
        on known.provider_name = unknown.provider_name
        and known.model_name = unknown.model_name
        and known.started_at < unknown.started_at
        and known.started_at >= dateadd(day, -30, unknown.started_at)
    where not unknown.has_usage and unknown.is_answered_anew
    group by unknown.request_key

),

used as (

    select
        judged.* exclude (
            prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, has_usage, is_answered_anew
        ),
        case
            when judged.has_usage then 'reported'
            when not judged.is_answered_anew then 'none'
            when references_of_unknown.request_key is not null then 'estimated'
            else 'missing'
        end as usage_basis,
        coalesce(references_of_unknown.prompt_tokens, judged.prompt_tokens)::number(18, 0) as prompt_tokens,
        coalesce(references_of_unknown.completion_tokens, judged.completion_tokens)::number(18, 0) as completion_tokens,
        least(judged.cached_tokens, judged.prompt_tokens)::number(18, 0) as cached_tokens,
        least(judged.reasoning_tokens, judged.completion_tokens)::number(18, 0) as reasoning_tokens
    from judged
    left join references_of_unknown on references_of_unknown.request_key = judged.request_key

),

-- The price of the UTC day on which the call began.
priced as (

    select
        used.*,
        price_book.model_name is not null as has_price,
        price_book.input_usd_per_1m = 0 and price_book.output_usd_per_1m = 0 as is_free,
        price_book.input_usd_per_1m,
        price_book.output_usd_per_1m,
        coalesce(price_book.cached_usd_per_1m, price_book.input_usd_per_1m) as cached_usd_per_1m,
        coalesce(price_book.reasoning_usd_per_1m, price_book.output_usd_per_1m) as reasoning_usd_per_1m
    from used
    left join price_book
        on price_book.provider_name = used.provider_name
        and price_book.model_name = used.model_name
        and price_book.valid_from <= used.started_at::date
        and (price_book.valid_to > used.started_at::date or price_book.valid_to is null)

),

-- Without any cache all tokens sent would have cost the full price.
reckoned as (

    select
        *,
        case
            when is_free then 0
            when usage_basis != 'missing' then (
                prompt_tokens * input_usd_per_1m
                + (completion_tokens - reasoning_tokens) * output_usd_per_1m
                + reasoning_tokens * reasoning_usd_per_1m
            ) * 0.000001
        end::number(24, 10) as uncached_cost_usd,
        (cached_tokens * (input_usd_per_1m - cached_usd_per_1m) * 0.000001)::number(24, 10) as prompt_saving_usd
    from priced

),

requests as (

    select
        request_key,
        connection_id,
        request_id,
        billed_by,
        provider_name,
        model_name,
        task_name,
        usage_basis,
        prompt_tokens,
        cached_tokens,
        completion_tokens,
        reasoning_tokens,
        -- The proxy's own cache answers for nothing.
        iff(is_cache_hit, 0 * uncached_cost_usd, uncached_cost_usd - prompt_saving_usd)::number(24, 10) as cost_usd,
        cost_usd_reported,
        iff(is_cache_hit, uncached_cost_usd, prompt_saving_usd)::number(24, 10) as cache_saving_usd,
        datediff('millisecond', started_at, ended_at)::number(18, 0) as latency_ms,
        has_price,
        coalesce(is_free, false) as is_free,
        uncached_cost_usd is null as is_unpriced,
        has_failed,
        is_cache_hit,
        is_retry,
        is_superseded,
        not has_failed and not is_superseded as is_outcome,
        is_deleted,
        {{ price_book_key }} as price_book_key,
        {{ business_date('started_at') }} as date_key,
        started_at,
        ended_at,
        read_until
    from reckoned

)

select * from requests
