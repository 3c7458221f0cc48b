with

records as (

    select * from {{ ref('base_records') }}
    where source = 'zendesk' and stream = 'ticket_event'

),

children as (

    select
        records.record_id,
        records.connection_id,
        records.payload:ticket_id::varchar as ticket_id,
        records.payload:created_at::varchar as told_at,
        child.value as child,
        records.is_deleted,
        records.first_received_at
    from records
    inner join lateral flatten(input => records.payload:child_events) as child

),

typed as (

    select
        md5(record_id || '|' || child:id::varchar) as comment_key,
        connection_id,
        child:id::varchar as comment_id,
        ticket_id,
        child:author_id::varchar as author_id,
        child:body::varchar as body,
        coalesce(try_to_boolean(child:public::varchar), false) as is_public,
        {{ utc('told_at') }} as created_at,
        is_deleted,
        first_received_at
    from children
    -- Beside comments an audit tells which fields changed.
    where child:event_type::varchar = 'Comment'

)

select * from typed
