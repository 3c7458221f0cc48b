with

records as (

    select
        *,
        {{ record_at('data') }} as issue
    from {{ ref('base_records') }}
    where source = 'linear' and stream = 'issue'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as issue_id,
        coalesce(issue:team:id::varchar, issue:teamId::varchar) as team_id,
        coalesce(issue:project:id::varchar, issue:projectId::varchar) as project_id,
        coalesce(issue:cycle:id::varchar, issue:cycleId::varchar) as cycle_id,
        coalesce(issue:parent:id::varchar, issue:parentId::varchar) as parent_issue_id,
        coalesce(issue:assignee:id::varchar, issue:assigneeId::varchar) as assignee_id,
        coalesce(issue:creator:id::varchar, issue:creatorId::varchar) as creator_id,
        issue:identifier::varchar as identifier,
        issue:title::varchar as title,
        issue:description::varchar as description,
        issue:state:name::varchar as state_name,
        lower(issue:state:type::varchar) as state_type,
        issue:team:key::varchar as team_key,
        issue:url::varchar as issue_url,
        issue:labelIds as label_ids,
        -- 0 says that nobody chose one.
        nullif(try_to_double(issue:priority::varchar)::int, 0) as priority,
        try_to_double(issue:estimate::varchar) as estimate_points,
        try_to_number(issue:customerTicketCount::varchar) as customer_ticket_count,
        issue:archivedAt::varchar is not null as is_archived,
        try_to_date(issue:dueDate::varchar) as due_date,
        {{ utc('issue:createdAt') }} as created_at,
        {{ utc('issue:startedAt') }} as started_at,
        {{ utc('issue:completedAt') }} as completed_at,
        {{ utc('issue:canceledAt') }} as canceled_at,
        {{ utc('issue:slaBreachesAt') }} as sla_breaches_at,
        {{ record_times() }}
    from records

)

select * from typed
