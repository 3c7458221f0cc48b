{#- A run sums the days of which a call was told since the last one, or of which it now knows more or fewer calls. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='date_key',
    on_schema_change='fail',
    post_hook=[
        'delete from {{ this }} where date_key not in (
            select distinct date_key from {{ ref("int_llm__priced_requests") }} where not is_deleted
        )'
    ]
) }}

with

all_requests as (

    select * from {{ ref('int_llm__priced_requests') }}

),

{% if is_incremental() -%}
counted as (

    select
        date_key,
        count(*) as requests_n
    from all_requests
    where not is_deleted
    group by date_key

),

-- A call that got its clock after its first telling has left another day.
changed_days as (

    select date_key from all_requests
    where {{ written_since_last_run() }}
    union
    select counted.date_key
    from counted
    left join {{ this }} as known
        on known.date_key = counted.date_key
        and known.requests_n = counted.requests_n
        and known.slice = 'all'
    where known.date_key is null

),

{% endif -%}
requests as (

    select
        *,
        -- What a ratio of outcomes and money can be made of: free models would make every day look cheap.
        has_price and not is_free and not is_unpriced as is_paid,
        not is_free as is_to_be_paid
    from all_requests
    where
        not is_deleted
        {%- if is_incremental() %}
        and date_key in (select date_key from changed_days)
        {%- endif %}

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
        md5(date_key::varchar || '|' || slice || '|' || slice_value) as sum_key,
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
        ) as latency_p95_ms,
        max(read_until) as read_until
    from sliced
    group by date_key, slice, slice_value

)

select * from sums
