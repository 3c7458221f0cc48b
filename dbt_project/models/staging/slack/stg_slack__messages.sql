with

records as (

    select
        *,
        -- message_changed and message_replied carry the message they are about inside the event.
        coalesce(payload:event:message, payload:event, payload) as message
    from {{ ref('base_records') }}
    where source = 'slack' and stream = 'message'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as message_id,
        split_part(entity_id, '/', 1) as channel_id,
        -- Slack's ts is an identifier: kept as text, because a float would round its microseconds.
        split_part(entity_id, '/', 2) as message_ts,
        message:thread_ts::varchar as thread_ts,
        message:user::varchar as user_id,
        message:bot_id::varchar as bot_id,
        message:subtype::varchar as subtype,
        message:text::varchar as message_text,
        try_to_number(message:reply_count::varchar) as reply_count,
        coalesce(message:thread_ts::varchar != split_part(entity_id, '/', 2), false) as is_reply,
        message:bot_id::varchar is not null as is_from_bot,
        message:edited:ts::varchar is not null as is_edited,
        {{ unix_time("split_part(entity_id, '/', 2)") }} as sent_at,
        {{ unix_time('message:edited:ts') }} as edited_at,
        {{ record_times() }}
    from records

)

select * from typed
