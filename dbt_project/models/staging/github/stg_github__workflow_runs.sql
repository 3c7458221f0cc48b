with

records as (

    select
        *,
        {{ record_at('workflow_run') }} as workflow_run
    from {{ ref('base_records') }}
    where source = 'github' and stream = 'workflow_run'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as workflow_run_id,
        payload:repository:full_name::varchar as repository_name,
        workflow_run:head_branch::varchar as head_branch,
        workflow_run:head_sha::varchar as head_sha,
        workflow_run:event::varchar as trigger_event,
        workflow_run:status::varchar as status,
        workflow_run:conclusion::varchar as conclusion,
        {{ utc('workflow_run:head_commit:timestamp') }} as head_committed_at,
        {{ utc('workflow_run:run_started_at') }} as started_at,
        {{ utc('workflow_run:created_at') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
