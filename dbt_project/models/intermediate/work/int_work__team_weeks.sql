with

dates as (

    select * from {{ ref('dim_date') }}

),

holidays as (

    select * from {{ ref('holidays') }}
    where holiday_calendar = 'engineering'

),

team_map as (

    select * from {{ ref('team_map') }}

),

pull_requests as (

    select
        *,
        date_trunc('week', {{ business_date('merged_at') }})::date as merged_week,
        date_trunc('week', {{ business_date('first_reviewed_at') }})::date as reviewed_week
    from {{ ref('int_eng__pr_lifecycle') }}
    where not is_by_bot

),

deployments as (

    select
        *,
        date_trunc('week', deployed_on)::date as week_start_date
    from {{ ref('fct_deployment') }}

),

deploy_changes as (

    select * from {{ ref('int_eng__deploy_changes') }}
    where not is_by_bot

),

incidents as (

    select
        *,
        date_trunc('week', {{ business_date('resolved_at') }})::date as week_start_date
    from {{ ref('int_eng__incidents') }}
    where kind = 'incident' and resolved_at is not null

),

cycles as (

    select
        *,
        date_trunc('week', {{ business_date('ended_at') }})::date as week_start_date
    from {{ ref('int_work__cycle_results') }}

),

tasks as (

    select
        *,
        date_trunc('week', due_date)::date as week_start_date
    from {{ ref('fct_work_item') }}
    where source = 'asana' and is_on_time is not null

),

active_people as (

    select * from {{ ref('int_work__active_people') }}

),

-- A week is told once the 72 hours are over in which its last deployment may still turn out to have failed.
weeks as (

    select
        dates.week_start_date,
        count_if(not dates.is_weekend and holidays.holiday_date is null) as working_days_n,
        dateadd(hour, 72, max(dates.day_ends_at)) as told_at
    from dates
    left join holidays on holidays.holiday_date = dates.date_key
    group by dates.week_start_date

),

teams as (

    select
        team,
        boolor_agg(source = 'github') as has_repositories
    from team_map
    group by team

),

first_weeks as (

    select date_trunc('week', {{ business_date('min(opened_at)') }})::date as week_start_date
    from pull_requests

),

team_weeks as (

    select
        teams.team,
        teams.has_repositories,
        weeks.*
    from teams
    cross join weeks
    inner join first_weeks on first_weeks.week_start_date <= weeks.week_start_date
    where weeks.told_at <= {{ as_of() }}

),

shipped as (

    select
        team,
        week_start_date,
        count(*) as deployments_n,
        count_if(is_change_failure) as failed_n,
        count_if(is_rework) as rework_n
    from deployments
    group by team, week_start_date

),

waited as (

    select
        deployments.team,
        deployments.week_start_date,
        median(deploy_changes.lead_time_hours) as lead_time_hours
    from deploy_changes
    inner join deployments on deployments.deployment_key = deploy_changes.deployment_key
    group by deployments.team, deployments.week_start_date

),

recovered as (

    select
        team,
        week_start_date,
        median(recovery_hours) as recovery_hours
    from incidents
    group by team, week_start_date

),

merged as (

    select
        team,
        merged_week as week_start_date,
        count(*) as merged_n,
        median(cycle_hours) as cycle_hours
    from pull_requests
    where is_merged
    group by team, merged_week

),

reviewed as (

    select
        team,
        reviewed_week as week_start_date,
        median(first_review_hours) as first_review_hours
    from pull_requests
    where first_review_hours is not null
    group by team, reviewed_week

),

planned as (

    select
        team,
        week_start_date,
        sum(committed_n) as committed_n,
        sum(completed_n) as completed_n
    from cycles
    group by team, week_start_date

),

due as (

    select
        team,
        week_start_date,
        count(*) as due_n,
        count_if(is_on_time) as on_time_n
    from tasks
    group by team, week_start_date

),

measured as (

    select
        md5(team_weeks.team || '|' || team_weeks.week_start_date::varchar) as team_week_key,
        team_weeks.team,
        team_weeks.week_start_date,
        team_weeks.working_days_n,
        coalesce(active_people.active_people_n, 0) as active_people_n,
        iff(team_weeks.has_repositories, coalesce(shipped.deployments_n, 0), null) as deployments_n,
        coalesce(shipped.failed_n, 0) as failed_n,
        coalesce(shipped.rework_n, 0) as rework_n,
        (
            iff(team_weeks.has_repositories, coalesce(shipped.deployments_n, 0), null)
            / nullif(team_weeks.working_days_n, 0)
        ) as deployments_per_day,
        waited.lead_time_hours,
        shipped.failed_n / nullif(shipped.deployments_n, 0) as change_failure_rate,
        recovered.recovery_hours,
        shipped.rework_n / nullif(shipped.deployments_n, 0) as rework_rate,
        reviewed.first_review_hours,
        merged.cycle_hours,
        coalesce(merged.merged_n, 0) as merged_n,
        coalesce(merged.merged_n, 0) / nullif(active_people.active_engineers_n, 0) as merged_per_engineer,
        coalesce(planned.committed_n, 0) as committed_n,
        coalesce(planned.completed_n, 0) as completed_n,
        planned.completed_n / nullif(planned.committed_n, 0) as cycle_completion_rate,
        coalesce(due.due_n, 0) as due_n,
        coalesce(due.on_time_n, 0) as on_time_n,
        due.on_time_n / nullif(due.due_n, 0) as on_time_rate,
        team_weeks.told_at
    from team_weeks
    left join active_people
        on active_people.team = team_weeks.team and active_people.week_start_date = team_weeks.week_start_date
    left join shipped on shipped.team = team_weeks.team and shipped.week_start_date = team_weeks.week_start_date
    left join waited on waited.team = team_weeks.team and waited.week_start_date = team_weeks.week_start_date
    left join recovered on recovered.team = team_weeks.team and recovered.week_start_date = team_weeks.week_start_date
    left join merged on merged.team = team_weeks.team and merged.week_start_date = team_weeks.week_start_date
    left join reviewed on reviewed.team = team_weeks.team and reviewed.week_start_date = team_weeks.week_start_date
    left join planned on planned.team = team_weeks.team and planned.week_start_date = team_weeks.week_start_date
    left join due on due.team = team_weeks.team and due.week_start_date = team_weeks.week_start_date

)

select * from measured
