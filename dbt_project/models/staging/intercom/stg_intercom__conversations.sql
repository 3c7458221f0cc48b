with

records as (

    select
        *,
        {{ record_at('data.item') }} as conversation
    from {{ ref('base_records') }}
    where source = 'intercom' and stream = 'conversation'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as conversation_id,
        conversation:admin_assignee_id::varchar as admin_id,
        conversation:team_assignee_id::varchar as team_id,
        -- Several people may take part; who began it is the first.
        conversation:contacts:contacts[0]:id::varchar as contact_id,
        conversation:contacts:contacts[0]:external_id::varchar as contact_external_id,
        conversation:source:author:id::varchar as author_id,
        lower(conversation:state::varchar) as state,
        conversation:source:type::varchar as source_type,
        conversation:source:delivered_as::varchar as delivered_as,
        conversation:source:author:type::varchar as author_type,
        lower(conversation:source:author:email::varchar) as author_email,
        {{ html_text('conversation:source:subject::varchar') }} as subject,
        {{ html_text('conversation:source:body::varchar') }} as first_message_text,
        conversation:conversation_rating:remark::varchar as rating_remark,
        try_to_number(conversation:conversation_rating:rating::varchar) as rating,
        try_to_number(conversation:statistics:time_to_admin_reply::varchar) as time_to_admin_reply_s,
        try_to_number(conversation:statistics:count_reopens::varchar) as reopen_count,
        try_to_number(conversation:statistics:count_conversation_parts::varchar) as part_count,
        try_to_boolean(conversation:open::varchar) as is_open,
        coalesce(conversation:priority::varchar = 'priority', false) as is_priority,
        coalesce(try_to_boolean(conversation:ai_agent_participated::varchar), false) as is_ai_assisted,
        {{ unix_time('conversation:created_at') }} as created_at,
        {{ unix_time('conversation:conversation_rating:created_at') }} as rated_at,
        {{ unix_time('conversation:waiting_since') }} as waiting_since_at,
        {{ unix_time('conversation:snoozed_until') }} as snoozed_until_at,
        {{ unix_time('conversation:statistics:first_close_at') }} as first_closed_at,
        {{ unix_time('conversation:statistics:last_close_at') }} as last_closed_at,
        {{ record_times() }}
    from records

)

select * from typed
