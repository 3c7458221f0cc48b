with

records as (

    select * from {{ ref('base_records') }}
    where source = 'asana' and stream = 'task'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as task_id,
        payload:parent:gid::varchar as parent_task_id,
        payload:assignee:gid::varchar as assignee_user_id,
        payload:created_by:gid::varchar as created_by_user_id,
        payload:completed_by:gid::varchar as completed_by_user_id,
        payload:workspace:gid::varchar as workspace_id,
        payload:name::varchar as task_name,
        payload:notes::varchar as notes,
        lower(payload:resource_subtype::varchar) as task_type,
        lower(payload:approval_status::varchar) as approval_status,
        payload:permalink_url::varchar as task_url,
        payload:memberships as memberships,
        payload:custom_fields as custom_fields,
        try_to_number(payload:num_subtasks::varchar) as subtask_count,
        try_to_number(payload:actual_time_minutes::varchar) as actual_time_minutes,
        try_to_boolean(payload:completed::varchar) as is_completed,
        try_to_date(payload:start_on::varchar) as start_date,
        try_to_date(payload:due_on::varchar) as due_date,
        {{ utc('payload:due_at') }} as due_at,
        {{ utc('payload:created_at') }} as created_at,
        {{ utc('payload:completed_at') }} as completed_at,
        {{ utc('payload:modified_at') }} as modified_at,
        {{ record_times() }}
    from records

)

select * from typed
