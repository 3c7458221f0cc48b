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
        md5(record_id || '|' || child:id::varchar) as change_key,
        connection_id,
        ticket_id,
        lower(child:status::varchar) as status,
        lower(child:priority::varchar) as priority,
        lower(child:satisfaction_score::varchar) as satisfaction,
        {{ utc('told_at') }} as changed_at,
        is_deleted,
        first_received_at
    from children
    -- What a ticket began with is told like a change.
    where child:event_type::varchar in ('Create', 'Change')

)

select * from typed
