with

{{ salesforce_records('user') }},

typed as (

    select
        record_id,
        connection_id,
        entity_id as user_id,
        payload:ManagerId::varchar as manager_id,
        lower(payload:Email::varchar) as email,
        payload:Name::varchar as full_name,
        coalesce(payload:IsActive::varchar = 'true', false) as is_active,
        {{ record_times() }}
    from records

)

select * from typed
