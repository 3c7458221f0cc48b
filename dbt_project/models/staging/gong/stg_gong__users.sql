with

records as (

    select * from {{ ref('base_records') }}
    where source = 'gong' and stream = 'user'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as user_id,
        payload:managerId::varchar as manager_id,
        lower(payload:emailAddress::varchar) as email,
        payload:firstName::varchar as first_name,
        payload:lastName::varchar as last_name,
        payload:title::varchar as job_title,
        coalesce(try_to_boolean(payload:active::varchar), false) as is_active,
        {{ utc('payload:created') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
