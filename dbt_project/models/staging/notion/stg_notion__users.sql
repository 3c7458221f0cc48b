with

records as (

    select * from {{ ref('base_records') }}
    where source = 'notion' and stream = 'user'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as user_id,
        lower(payload:person:email::varchar) as email,
        payload:name::varchar as full_name,
        payload:type::varchar as user_type,
        {{ record_times() }}
    from records

)

select * from typed
