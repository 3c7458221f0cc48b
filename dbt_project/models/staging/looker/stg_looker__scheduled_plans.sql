with

records as (

    select * from {{ ref('base_records') }}
    where source = 'looker' and stream = 'scheduled_plan'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as scheduled_plan_id,
        payload:user_id::varchar as owner_id,
        payload:look_id::varchar as look_id,
        payload:dashboard_id::varchar as dashboard_id,
        coalesce(payload:title::varchar, payload:name::varchar) as title,
        payload:crontab::varchar as crontab,
        coalesce(try_to_boolean(payload:enabled::varchar), false) as is_enabled,
        {{ utc('payload:last_run_at') }} as last_run_at,
        {{ utc('payload:next_run_at') }} as next_run_at,
        {{ record_times() }}
    from records

)

select * from typed
