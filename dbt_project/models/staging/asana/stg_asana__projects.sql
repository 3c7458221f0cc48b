with

records as (

    select * from {{ ref('base_records') }}
    where source = 'asana' and stream = 'project'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as project_id,
        payload:owner:gid::varchar as owner_user_id,
        payload:team:gid::varchar as team_id,
        payload:workspace:gid::varchar as workspace_id,
        payload:name::varchar as project_name,
        payload:team:name::varchar as team_name,
        payload:notes::varchar as notes,
        payload:current_status_update:title::varchar as status_title,
        payload:permalink_url::varchar as project_url,
        try_to_boolean(payload:archived::varchar) as is_archived,
        try_to_boolean(payload:completed::varchar) as is_completed,
        try_to_date(payload:start_on::varchar) as start_date,
        try_to_date(payload:due_on::varchar) as due_date,
        {{ utc('payload:created_at') }} as created_at,
        {{ utc('payload:completed_at') }} as completed_at,
        {{ utc('payload:modified_at') }} as modified_at,
        {{ record_times() }}
    from records

)

select * from typed
