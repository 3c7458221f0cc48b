with

records as (

    select * from {{ ref('base_records') }}
    where source = 'llm_usage' and stream = 'openrouter_key'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as api_key_hash,
        'openrouter' as gateway,
        payload:name::varchar as key_name,
        payload:limit_reset::varchar as limit_period,
        try_to_decimal(payload:limit::varchar, 18, 4) as limit_usd,
        try_to_decimal(payload:limit_remaining::varchar, 18, 4) as limit_remaining_usd,
        try_to_decimal(payload:usage::varchar, 18, 8) as used_usd,
        try_to_decimal(payload:usage_monthly::varchar, 18, 8) as used_this_month_usd,
        coalesce(try_to_boolean(payload:disabled::varchar), false) as is_disabled,
        {{ utc('payload:created_at') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
