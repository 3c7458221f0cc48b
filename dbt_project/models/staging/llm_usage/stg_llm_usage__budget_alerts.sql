with

records as (

    select * from {{ ref('base_records') }}
    where source = 'llm_usage' and stream = 'litellm_budget_alert'

),

typed as (

    select
        record_id,
        connection_id,
        'litellm' as gateway,
        payload:event::varchar as alert_type,
        payload:event_group::varchar as alert_group,
        payload:event_message::varchar as alert_message,
        payload:team_id::varchar as team_id,
        payload:key_alias::varchar as key_alias,
        lower(payload:user_email::varchar) as user_email,
        try_to_decimal(payload:spend::varchar, 18, 8) as spend_usd,
        try_to_decimal(payload:max_budget::varchar, 18, 8) as budget_usd,
        try_to_decimal(payload:projected_spend::varchar, 18, 8) as projected_spend_usd,
        -- Spelled both ways, by the version of the proxy.
        try_to_date(
            coalesce(payload:projected_exceeded_date::varchar, payload:projected_exceeded_data::varchar)
        ) as projected_exceeded_on,
        -- An alert tells no time: this is when it came.
        first_received_at as alerted_at,
        {{ record_times() }}
    from records

)

select * from typed
