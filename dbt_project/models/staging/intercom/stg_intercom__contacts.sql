with

records as (

    select
        *,
        {{ record_at('data.item') }} as contact
    from {{ ref('base_records') }}
    where source = 'intercom' and stream = 'contact'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as contact_id,
        contact:external_id::varchar as external_id,
        contact:owner_id::varchar as owner_id,
        lower(contact:role::varchar) as contact_role,
        contact:name::varchar as contact_name,
        lower(contact:email::varchar) as email,
        contact:phone::varchar as phone_number,
        coalesce(try_to_boolean(contact:unsubscribed_from_emails::varchar), false) as is_unsubscribed,
        {{ unix_time('contact:created_at') }} as created_at,
        {{ unix_time('contact:signed_up_at') }} as signed_up_at,
        {{ unix_time('contact:last_seen_at') }} as last_seen_at,
        {{ record_times() }}
    from records

)

select * from typed
