with

records as (

    select
        *,
        {{ record_at('data') }} as project
    from {{ ref('base_records') }}
    where source = 'linear' and stream = 'project'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as project_id,
        coalesce(project:lead:id::varchar, project:leadId::varchar) as lead_id,
        project:name::varchar as project_name,
        project:status:name::varchar as status_name,
        lower(project:status:type::varchar) as status_type,
        project:health::varchar as health,
        project:url::varchar as project_url,
        try_to_double(project:progress::varchar) as progress,
        project:archivedAt::varchar is not null as is_archived,
        try_to_date(project:startDate::varchar) as start_date,
        try_to_date(project:targetDate::varchar) as target_date,
        {{ utc('project:createdAt') }} as created_at,
        {{ utc('project:startedAt') }} as started_at,
        {{ utc('project:completedAt') }} as completed_at,
        {{ utc('project:canceledAt') }} as canceled_at,
        {{ record_times() }}
    from records

)

select * from typed
