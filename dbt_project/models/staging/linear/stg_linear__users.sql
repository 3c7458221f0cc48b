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
        coalesce(person:active::boolean, false) as is_active,
        coalesce(person:admin::boolean, false) as is_admin,
        coalesce(person:guest::boolean, false) as is_guest,
        coalesce(person:app::boolean, false) as is_app,
        {{ utc('person:createdAt') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
