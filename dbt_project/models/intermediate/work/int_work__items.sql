with

issues as (

    select * from {{ ref('stg_linear__issues') }}
    where created_at is not null

),

tasks as (

    select * from {{ ref('stg_asana__tasks') }}
    where created_at is not null

),

memberships as (

    select * from {{ ref('stg_asana__task_memberships') }}

),

projects as (

    select * from {{ ref('stg_asana__projects') }}

),

team_map as (

    select * from {{ ref('team_map') }}

),

-- A task of two teams is the work of the one that comes first by name: it is done once.
task_teams as (

    select
        memberships.connection_id,
        memberships.task_id,
        min(team_map.team) as team
    from memberships
    inner join projects
        on projects.connection_id = memberships.connection_id and projects.project_id = memberships.project_id
    inner join team_map on team_map.source = 'asana' and team_map.name = projects.project_name
    group by memberships.connection_id, memberships.task_id

),

-- A subtask is in no project: it is the work of whoever the task above is.
placed_tasks as (

    select
        tasks.*,
        coalesce(own.team, above.team, top.team) as team
    from tasks
    left join tasks as parents
        on parents.connection_id = tasks.connection_id and parents.task_id = tasks.parent_task_id
    left join task_teams as own on own.connection_id = tasks.connection_id and own.task_id = tasks.task_id
    left join task_teams as above
        on above.connection_id = tasks.connection_id and above.task_id = tasks.parent_task_id
    left join task_teams as top
        on top.connection_id = tasks.connection_id and top.task_id = parents.parent_task_id

),

items as (

    select
        issues.record_id as work_item_key,
        'linear' as source,
        issues.connection_id,
        issues.issue_id as item_id,
        issues.identifier,
        team_map.team,
        issues.assignee_id,
        issues.cycle_id,
        issues.title,
        issues.is_deleted,
        issues.due_date,
        null::timestamp_ntz as due_at,
        issues.created_at,
        issues.completed_at,
        iff(issues.is_deleted, issues.deleted_at, null) as deleted_at
    from issues
    left join team_map on team_map.source = 'linear' and team_map.name = issues.team_key

    union all

    select
        record_id as work_item_key,
        'asana' as source,
        connection_id,
        task_id as item_id,
        null::varchar as identifier,
        team,
        coalesce(completed_by_user_id, assignee_user_id) as assignee_id,
        null::varchar as cycle_id,
        task_name as title,
        is_deleted,
        due_date,
        due_at,
        created_at,
        iff(is_completed, completed_at, null) as completed_at,
        iff(is_deleted, deleted_at, null) as deleted_at
    from placed_tasks

)

select * from items
