with

records as (

    select
        *,
        {{ record_at('data.item') }} as ticket
    from {{ ref('base_records') }}
    where source = 'intercom' and stream = 'ticket'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as ticket_id,
        ticket:ticket_id::varchar as ticket_number,
        nullif(ticket:admin_assignee_id::varchar, '0') as admin_id,
        nullif(ticket:team_assignee_id::varchar, '0') as team_id,
        ticket:contacts:contacts[0]:id::varchar as contact_id,
        ticket:ticket_attributes:"_default_title_"::varchar as title,
        ticket:ticket_type:name::varchar as ticket_type,
        lower(ticket:ticket_state:category::varchar) as state,
        try_to_boolean(ticket:open::varchar) as is_open,
        {{ unix_time('ticket:created_at') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
