with

{{ zendesk_audit_parts() }},

typed as (

    select
        md5(record_id || '|' || part:id::varchar) as comment_key,
        connection_id,
        part:id::varchar as comment_id,
        ticket_id,
        part:author_id::varchar as author_id,
        part:body::varchar as body,
        coalesce(try_to_boolean(part:public::varchar), false) as is_public,
        {{ utc('told_at') }} as created_at,
        is_deleted,
        first_received_at
    from parts
    -- Beside comments an audit tells which fields changed.
    where part:event_type::varchar = 'Comment'

)

select * from typed
