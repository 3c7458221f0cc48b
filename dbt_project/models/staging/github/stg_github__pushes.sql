with

records as (

    select * from {{ ref('base_records') }}
    where source = 'github' and stream = 'push'

),

typed as (

    select
        record_id,
        connection_id,
        payload:repository:id::varchar as repository_id,
        payload:repository:full_name::varchar as repository_name,
        payload:ref::varchar as git_ref,
        payload:before::varchar as before_sha,
        payload:after::varchar as after_sha,
        payload:pusher:name::varchar as pusher_name,
        array_size(payload:commits) as commit_count,
        coalesce(try_to_boolean(payload:forced::varchar), false) as is_forced,
        coalesce(try_to_boolean(payload:deleted::varchar), false) as is_branch_deletion,
        {{ utc('payload:head_commit:timestamp') }} as head_committed_at,
        {{ record_times() }}
    from records

)

select * from typed
