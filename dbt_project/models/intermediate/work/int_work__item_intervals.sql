with

items as (

    select * from {{ ref('int_work__items') }}

),

issue_changes as (

    select * from {{ ref('stg_linear__issue_history') }}
    where property_name = 'state_category'

),

stories as (

    select * from {{ ref('stg_asana__stories') }}
    where story_subtype in ('marked_complete', 'marked_incomplete') and not is_deleted

),

-- Asana writes down when a task was completed and opened again; of subtasks those stories are not read, so that the
-- task's own date tells.
observations as (

    select
        record_id as work_item_key,
        new_value as state,
        changed_at as observed_at
    from issue_changes

    union all

    select
        work_item_key,
        'todo' as state,
        created_at as observed_at
    from items
    where source = 'asana'

    union all

    select
        items.work_item_key,
        iff(stories.story_subtype = 'marked_complete', 'done', 'todo') as state,
        stories.created_at as observed_at
    from stories
    inner join items
        on items.source = 'asana'
        and items.connection_id = stories.connection_id
        and items.item_id = stories.task_id

    union all

    select
        work_item_key,
        'done' as state,
        completed_at as observed_at
    from items
    where source = 'asana' and completed_at is not null

),

one_per_instant as (

    select
        work_item_key,
        observed_at,
        max(state) as state
    from observations
    group by work_item_key, observed_at

),

changed as (

    select * from one_per_instant
    qualify state is distinct from lag(state) over (partition by work_item_key order by observed_at)

),

bounded as (

    select
        changed.*,
        lead(changed.observed_at) over (partition by changed.work_item_key order by changed.observed_at)
            as next_observed_at
    from changed

),

intervals as (

    select
        md5(bounded.work_item_key || '|' || bounded.observed_at::varchar) as interval_key,
        bounded.work_item_key,
        items.source,
        items.team,
        bounded.state,
        bounded.observed_at as valid_from,
        least_ignore_nulls(bounded.next_observed_at, items.deleted_at) as valid_to
    from bounded
    inner join items on items.work_item_key = bounded.work_item_key
    where items.deleted_at is null or bounded.observed_at < items.deleted_at

)

select * from intervals
