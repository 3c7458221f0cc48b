with

records as (

    select
        *,
        {{ record_at('deployment') }} as deployment
    from {{ ref('base_records') }}
    where source = 'github' and stream = 'deployment'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as deployment_id,
        {{ repository_in('deployment:url') }} as repository_name,
        deployment:sha::varchar as commit_sha,
        deployment:ref::varchar as git_ref,
        deployment:environment::varchar as environment,
        deployment:task::varchar as task,
        {{ utc('deployment:created_at') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
