with

pull_requests as (

    select * from {{ ref('int_eng__pr_lifecycle') }}
    where not is_by_bot and team is not null

),

reviews as (

    select * from {{ ref('stg_github__reviews') }}
    where not is_by_bot and not is_deleted and submitted_at is not null

),

items as (

    select * from {{ ref('int_work__items') }}
    where team is not null and assignee_id is not null and not is_deleted

),

intervals as (

    select * from {{ ref('int_work__item_intervals') }}
    where state in ('started', 'done')

),

team_map as (

    select * from {{ ref('team_map') }}

),

acts as (

    select
        'github' as source,
        team,
        author_id as person_id,
        opened_at as acted_at
    from pull_requests

    union all

    select
        'github' as source,
        team,
        author_id as person_id,
        merged_at as acted_at
    from pull_requests
    where merged_at is not null

    union all

    select
        'github' as source,
        team_map.team,
        reviews.reviewer_id as person_id,
        reviews.submitted_at as acted_at
    from reviews
    inner join team_map on team_map.source = 'github' and team_map.name = reviews.repository_name

    union all

    select
        items.source,
        items.team,
        items.assignee_id as person_id,
        intervals.valid_from as acted_at
    from intervals
    inner join items on items.work_item_key = intervals.work_item_key

),

-- One colleague has an id in each tool, and who is who is not always known: the largest count of one tool is the
-- number of people that there were at least.
counted as (

    select
        team,
        source,
        date_trunc('week', {{ business_date('acted_at') }})::date as week_start_date,
        count(distinct person_id) as people_n
    from acts
    group by all

),

weeks as (

    select
        md5(team || '|' || week_start_date::varchar) as team_week_key,
        team,
        week_start_date,
        max(people_n) as active_people_n,
        coalesce(max(iff(source = 'github', people_n, null)), 0) as active_engineers_n
    from counted
    group by team, week_start_date

)

select * from weeks
