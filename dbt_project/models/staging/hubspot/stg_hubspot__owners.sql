with

records as (

    select * from {{ ref('base_records') }}
    where source = 'hubspot' and stream = 'owner'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as owner_id,
        payload:userId::varchar as user_id,
        lower(payload:email::varchar) as email,
        payload:firstName::varchar as first_name,
        payload:lastName::varchar as last_name,
        coalesce(try_to_boolean(payload:archived::varchar), false) as is_archived,
        {{ record_times() }}
    from records

)

select * from typed
