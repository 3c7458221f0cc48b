with

records as (

    select
        *,
        {{ record_at('deployment_status') }} as deployment_status
    from {{ ref('base_records') }}
    where source = 'github' and stream = 'deployment_status'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as deployment_status_id,
        coalesce(
            payload:deployment:id::varchar,
            split_part(deployment_status:deployment_url::varchar, '/', -1)
        ) as deployment_id,
        {{ repository_in('deployment_status:deployment_url') }} as repository_name,
        payload:deployment:sha::varchar as commit_sha,
        coalesce(deployment_status:environment::varchar, payload:deployment:environment::varchar) as environment,
        deployment_status:state::varchar as state,
        {{ utc('deployment_status:created_at') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
