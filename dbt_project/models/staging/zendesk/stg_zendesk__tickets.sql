with

records as (

    select * from {{ ref('base_records') }}
    where source = 'zendesk' and stream = 'ticket'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as ticket_id,
        payload:external_id::varchar as external_id,
        payload:requester_id::varchar as requester_id,
        payload:assignee_id::varchar as assignee_id,
        payload:organization_id::varchar as organization_id,
        payload:group_id::varchar as group_id,
        payload:brand_id::varchar as brand_id,
        lower(payload:status::varchar) as status,
        lower(payload:priority::varchar) as priority,
        lower(payload:type::varchar) as ticket_type,
        lower(payload:via:channel::varchar) as channel,
        payload:subject::varchar as subject,
        payload:description::varchar as description,
        payload:tags as tags,
        lower(payload:satisfaction_rating:score::varchar) as satisfaction,
        {{ utc('payload:created_at') }} as created_at,
        {{ utc('payload:updated_at') }} as updated_at,
        {{ record_times() }}
    from records

)

select * from typed
