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
        payload:limit::number(18, 4) as limit_usd,
        payload:limit_remaining::number(18, 4) as limit_remaining_usd,
        payload:usage::number(18, 8) as used_usd,
        payload:usage_monthly::number(18, 8) as used_this_month_usd,
        coalesce(payload:disabled::boolean, false) as is_disabled,
        {{ utc('payload:created_at') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
