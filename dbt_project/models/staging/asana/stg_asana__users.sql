with

records as (

    select * from {{ ref('base_records') }}
    where source = 'asana' and stream = 'user'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as user_id,
        lower(payload:email::varchar) as email,
        payload:name::varchar as full_name,
        {{ record_times() }}
    from records

)

select * from typed
