with

pull_requests as (

    select * from {{ ref('int_eng__pr_lifecycle') }}

),

deploy_changes as (

    select * from {{ ref('int_eng__deploy_changes') }}

),

facts as (

    select
        pull_requests.pull_request_key::varchar as pull_request_key,
        deploy_changes.deployment_key::varchar as deployment_key,
        pull_requests.repository_name::varchar as repository_name,
        pull_requests.team::varchar as team,
        pull_requests.author_login::varchar as author_login,
        pull_requests.title::varchar as title,
        pull_requests.pull_request_number::number(18, 0) as pull_request_number,
        pull_requests.review_count::number(18, 0) as review_count,
        pull_requests.reviewer_count::number(18, 0) as reviewer_count,
        pull_requests.first_review_hours::number(12, 4) as first_review_hours,
        pull_requests.cycle_hours::number(12, 4) as cycle_hours,
        deploy_changes.lead_time_hours::number(12, 4) as lead_time_hours,
        pull_requests.is_by_bot::boolean as is_by_bot,
        pull_requests.is_merged::boolean as is_merged,
        pull_requests.is_revert::boolean as is_revert,
        pull_requests.is_hotfix::boolean as is_hotfix,
        pull_requests.is_first_commit_assumed::boolean as is_first_commit_assumed,
        {{ business_date('pull_requests.opened_at') }} as opened_on,
        {{ business_date('pull_requests.merged_at') }} as merged_on,
        pull_requests.first_committed_at::timestamp_ntz as first_committed_at,
        pull_requests.opened_at::timestamp_ntz as opened_at,
        pull_requests.first_reviewed_at::timestamp_ntz as first_reviewed_at,
        pull_requests.merged_at::timestamp_ntz as merged_at,
        pull_requests.closed_at::timestamp_ntz as closed_at,
        deploy_changes.deployed_at::timestamp_ntz as deployed_at
    from pull_requests
    left join deploy_changes on deploy_changes.pull_request_key = pull_requests.pull_request_key

)

select * from facts
