with

records as (

    select * from {{ ref('base_records') }}
    where source = 'vercel' and stream in ('deployment_promoted', 'deployment_rollback')

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as promotion_id,
        payload:payload:deployment:id::varchar as deployment_id,
        payload:payload:project:id::varchar as project_id,
        payload:payload:user:id::varchar as user_id,
        iff(stream = 'deployment_rollback', 'rollback', 'promotion') as kind,
        occurred_at as promoted_at,
        {{ record_times() }}
    from records

)

select * from typed
