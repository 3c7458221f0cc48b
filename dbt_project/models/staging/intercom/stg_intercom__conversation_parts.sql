with

records as (

    select * from {{ ref('base_records') }}
    where source = 'intercom' and stream = 'conversation_part'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as part_key,
        -- A part does not say of which conversation it is.
        split_part(entity_id, '/', 1) as conversation_id,
        split_part(entity_id, '/', 2) as part_id,
        payload:author:id::varchar as author_id,
        payload:assigned_to:id::varchar as assigned_to_id,
        lower(payload:part_type::varchar) as part_type,
        lower(payload:author:type::varchar) as author_type,
        lower(payload:author:email::varchar) as author_email,
        {{ html_text('payload:body::varchar') }} as body_text,
        coalesce(try_to_boolean(payload:redacted::varchar), false) as is_redacted,
        {{ unix_time('payload:created_at') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
