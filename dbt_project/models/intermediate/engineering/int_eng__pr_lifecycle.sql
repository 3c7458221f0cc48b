with

pull_requests as (

    select
        *,
        lag(coalesce(closed_at, merged_at)) over (
            partition by connection_id, repository_name, head_branch
            order by created_at, pull_request_number
        ) as branch_free_at
    from {{ ref('stg_github__pull_requests') }}
    where not is_deleted

),

reviews as (

    select * from {{ ref('stg_github__reviews') }}
    where not is_deleted and not is_by_bot and submitted_at is not null

),

workflow_runs as (

    select * from {{ ref('stg_github__workflow_runs') }}
    where not is_deleted

),

repositories as (

    select * from {{ ref('stg_github__repositories') }}

),

team_map as (

    select * from {{ ref('team_map') }}
    where source = 'github'

),

weekdays as (

    select
        date_key,
        day_ends_at,
        convert_timezone('{{ var("company_tz") }}', 'UTC', date_key::timestamp_ntz) as day_starts_at
    from {{ ref('dim_date') }}
    where not is_weekend

),

-- What an author remarks on their own work is no review.
reviewed as (

    select
        pull_requests.record_id,
        min(reviews.submitted_at) as first_reviewed_at,
        count(*) as review_count,
        count(distinct reviews.reviewer_id) as reviewer_count
    from pull_requests
    inner join reviews
        on reviews.connection_id = pull_requests.connection_id
        and reviews.repository_name = pull_requests.repository_name
        and reviews.pull_request_number = pull_requests.pull_request_number
    where reviews.reviewer_id is distinct from pull_requests.author_id
    group by pull_requests.record_id

),

-- No listing of pull requests says when the work began. A run of the checks says when the head of its branch was
-- committed; a branch may bear the name of an earlier one, whose pull request was closed by then.
committed as (

    select
        pull_requests.record_id,
        min(workflow_runs.head_committed_at) as first_committed_at
    from pull_requests
    inner join workflow_runs
        on workflow_runs.connection_id = pull_requests.connection_id
        and workflow_runs.repository_name = pull_requests.repository_name
        and workflow_runs.head_branch = pull_requests.head_branch
        and (workflow_runs.created_at > pull_requests.branch_free_at or pull_requests.branch_free_at is null)
        and (workflow_runs.created_at <= pull_requests.closed_at or pull_requests.closed_at is null)
    group by pull_requests.record_id

),

worked as (

    select
        pull_requests.record_id,
        sum(
            datediff(
                second,
                greatest(pull_requests.created_at, weekdays.day_starts_at),
                least(pull_requests.merged_at, weekdays.day_ends_at)
            )
        ) as weekday_seconds
    from pull_requests
    inner join weekdays
        on weekdays.day_starts_at < pull_requests.merged_at and weekdays.day_ends_at > pull_requests.created_at
    group by pull_requests.record_id

),

described as (

    select
        pull_requests.record_id as pull_request_key,
        pull_requests.connection_id,
        pull_requests.pull_request_id,
        pull_requests.repository_name,
        team_map.team,
        pull_requests.author_id,
        pull_requests.author_login,
        pull_requests.head_branch,
        pull_requests.merge_commit_sha,
        pull_requests.title,
        pull_requests.pull_request_number,
        pull_requests.reverted_number,
        coalesce(reviewed.review_count, 0) as review_count,
        coalesce(reviewed.reviewer_count, 0) as reviewer_count,
        datediff(second, pull_requests.created_at, reviewed.first_reviewed_at) / 3600 as first_review_hours,
        iff(pull_requests.is_merged, coalesce(worked.weekday_seconds, 0) / 3600, null) as cycle_hours,
        pull_requests.is_by_bot,
        pull_requests.is_merged,
        (
            pull_requests.is_merged
            and pull_requests.base_branch = coalesce(repositories.default_branch, 'main')
        ) as is_merged_to_default,
        (
            pull_requests.reverted_number is not null
            or lower(pull_requests.head_branch) like 'revert-%'
            or pull_requests.title like 'Revert "%'
        ) as is_revert,
        (
            lower(pull_requests.head_branch) like 'hotfix%'
            or lower(pull_requests.title) like 'hotfix%'
            or coalesce(lower(pull_requests.labels) like '%"hotfix"%', false)
        ) as is_hotfix,
        committed.first_committed_at is null as is_first_commit_assumed,
        least(coalesce(committed.first_committed_at, pull_requests.created_at), pull_requests.created_at)
            as first_committed_at,
        pull_requests.created_at as opened_at,
        reviewed.first_reviewed_at,
        pull_requests.merged_at,
        pull_requests.closed_at
    from pull_requests
    left join reviewed on reviewed.record_id = pull_requests.record_id
    left join committed on committed.record_id = pull_requests.record_id
    left join worked on worked.record_id = pull_requests.record_id
    left join repositories
        on repositories.connection_id = pull_requests.connection_id
        and repositories.repository_id = pull_requests.repository_id
    left join team_map on team_map.name = pull_requests.repository_name

)

select * from described
