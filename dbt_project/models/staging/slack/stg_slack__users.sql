with

records as (

    select
        *,
        {{ record_at('event:user') }} as member
    from {{ ref('base_records') }}
    where source = 'slack' and stream = 'user'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as user_id,
        member:team_id::varchar as team_id,
        member:name::varchar as user_name,
        coalesce(member:profile:real_name::varchar, member:real_name::varchar) as real_name,
        lower(member:profile:email::varchar) as email,
        member:profile:title::varchar as job_title,
        member:tz::varchar as time_zone,
        coalesce(try_to_boolean(member:deleted::varchar), false) as is_deactivated,
        coalesce(try_to_boolean(member:is_bot::varchar), false) as is_bot,
        {{ record_times() }}
    from records

)

select * from typed
