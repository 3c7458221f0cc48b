with

records as (

    select
        *,
        {{ record_at('data') }} as person
    from {{ ref('base_records') }}
    where source = 'linear' and stream = 'user'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as user_id,
        person:name::varchar as user_name,
        lower(person:email::varchar) as email,
        coalesce(try_to_boolean(person:active::varchar), false) as is_active,
        coalesce(try_to_boolean(person:admin::varchar), false) as is_admin,
        coalesce(try_to_boolean(person:guest::varchar), false) as is_guest,
        coalesce(try_to_boolean(person:app::varchar), false) as is_app,
        {{ utc('person:createdAt') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
