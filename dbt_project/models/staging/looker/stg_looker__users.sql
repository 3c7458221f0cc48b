with

records as (

    select * from {{ ref('base_records') }}
    where source = 'looker' and stream = 'user'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as user_id,
        lower(payload:email::varchar) as email,
        payload:first_name::varchar as first_name,
        payload:last_name::varchar as last_name,
        coalesce(try_to_boolean(payload:is_disabled::varchar), false) as is_disabled,
        {{ utc('payload:created_at') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
