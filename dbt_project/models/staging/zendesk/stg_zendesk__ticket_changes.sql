with

{{ zendesk_audit_parts() }},

typed as (

    select
        md5(record_id || '|' || part:id::varchar) as change_key,
        connection_id,
        ticket_id,
        lower(part:status::varchar) as status,
        lower(part:priority::varchar) as priority,
        lower(part:satisfaction_score::varchar) as satisfaction,
        {{ utc('told_at') }} as changed_at,
        is_deleted,
        first_received_at
    from parts
    -- What a ticket began with is told like a change.
    where part:event_type::varchar in ('Create', 'Change')

)

select * from typed
