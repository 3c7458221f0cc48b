with

cycles as (

    select
        *,
        coalesce(completed_at, ends_at) as ended_at
    from {{ ref('stg_linear__cycles') }}
    where not is_deleted

),

teams as (

    select * from {{ ref('stg_linear__teams') }}

),

team_map as (

    select * from {{ ref('team_map') }}
    where source = 'linear'

),

items as (

    select * from {{ ref('int_work__items') }}
    where source = 'linear'

),

memberships as (

    select * from {{ ref('stg_linear__issue_history') }}
    where property_name = 'cycle_id'

),

intervals as (

    select * from {{ ref('int_work__item_intervals') }}

),

-- Committed is what was in the cycle when it began, whatever became of it; what was added later was not. The first
-- cycle we know of an issue is taken to have been so all along.
committed as (

    select
        cycles.record_id as cycle_key,
        items.work_item_key
    from cycles
    inner join memberships
        on memberships.connection_id = cycles.connection_id
        and memberships.new_value = cycles.cycle_id
        and (memberships.changed_at <= cycles.starts_at or memberships.is_first)
        and (memberships.replaced_at > cycles.starts_at or memberships.replaced_at is null)
    inner join items
        on items.work_item_key = memberships.record_id
        and items.created_at <= cycles.starts_at
        and (items.deleted_at > cycles.starts_at or items.deleted_at is null)

),

counted as (

    select
        committed.cycle_key,
        count(*) as committed_n,
        count(intervals.interval_key) as completed_n
    from committed
    inner join cycles on cycles.record_id = committed.cycle_key
    left join intervals
        on intervals.work_item_key = committed.work_item_key
        and intervals.state = 'done'
        and intervals.valid_from <= cycles.ended_at
        and (intervals.valid_to > cycles.ended_at or intervals.valid_to is null)
    group by committed.cycle_key

),

results as (

    select
        cycles.record_id as cycle_key,
        cycles.connection_id,
        cycles.cycle_id,
        team_map.team,
        cycles.cycle_number,
        coalesce(counted.committed_n, 0) as committed_n,
        coalesce(counted.completed_n, 0) as completed_n,
        cycles.starts_at,
        cycles.ended_at
    from cycles
    left join counted on counted.cycle_key = cycles.record_id
    left join teams on teams.connection_id = cycles.connection_id and teams.team_id = cycles.team_id
    left join team_map on team_map.name = teams.team_key
    where cycles.ended_at <= {{ as_of() }}

)

select * from results
