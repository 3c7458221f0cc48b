{#- What a call says of itself, typed once: pricing needs other calls too, and reads them all in every run. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='record_id',
    on_schema_change='fail',
) }}

with

calls as (

    select * from {{ ref('stg_llm_usage__calls') }}
    where {{ received_since_last_run(['llm_usage/litellm_spend_log'], 'last_received_at') }}

),

requests as (

    select
        record_id,
        connection_id,
        request_id,
        retry_of_request_id,
        api_base,
        provider_name,
        model_name,
        task_name,
        team_id,
        call_status,
        prompt_tokens,
        completion_tokens,
        cached_tokens,
        reasoning_tokens,
        cost_usd,
        is_cache_hit,
        is_deleted,
        started_at,
        ended_at,
        first_received_at,
        {{ read_until() }} as read_until
    from calls

)

select * from requests
