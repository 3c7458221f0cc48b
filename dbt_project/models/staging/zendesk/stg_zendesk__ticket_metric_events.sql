with

records as (

    select * from {{ ref('base_records') }}
    where source = 'zendesk' and stream = 'ticket_metric_event'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as metric_event_id,
        payload:ticket_id::varchar as ticket_id,
        lower(payload:metric::varchar) as metric,
        lower(payload:type::varchar) as event_type,
        try_to_number(payload:instance_id::varchar) as instance_number,
        {{ utc('payload:time') }} as occurred_at,
        {{ record_times() }}
    from records

)

select * from typed
