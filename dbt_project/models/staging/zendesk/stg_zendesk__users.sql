with

records as (

    select * from {{ ref('base_records') }}
    where source = 'zendesk' and stream = 'user'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as user_id,
        payload:external_id::varchar as external_id,
        payload:organization_id::varchar as organization_id,
        lower(payload:role::varchar) as user_role,
        payload:name::varchar as user_name,
        lower(payload:email::varchar) as email,
        payload:phone::varchar as phone_number,
        coalesce(try_to_boolean(payload:suspended::varchar), false) as is_suspended,
        {{ utc('payload:created_at') }} as created_at,
        {{ utc('payload:last_login_at') }} as last_login_at,
        {{ record_times() }}
    from records

)

select * from typed
