with

deployments as (

    select * from {{ ref('int_eng__deployments') }}

),

pull_requests as (

    select * from {{ ref('int_eng__pr_lifecycle') }}
    where is_merged_to_default

),

-- What was merged since the newest state of the branch that was out already; a rollback brings nothing new. How long
-- the branch had waited before the first deployment we know of is not known: of that one only its own commit counts.
changes as (

    select
        md5(deployments.deployment_key || '|' || pull_requests.merge_commit_sha) as deploy_change_key,
        deployments.deployment_key,
        pull_requests.pull_request_key,
        deployments.repository_name,
        pull_requests.merge_commit_sha as commit_sha,
        datediff(second, pull_requests.first_committed_at, deployments.deployed_at) / 3600 as lead_time_hours,
        pull_requests.is_revert or pull_requests.is_hotfix as is_rework,
        pull_requests.is_by_bot,
        deployments.deployed_at
    from deployments
    inner join pull_requests
        on pull_requests.connection_id = deployments.connection_id
        and pull_requests.repository_name = deployments.repository_name
        and pull_requests.merged_at <= deployments.branch_at
        and (
            pull_requests.merged_at > deployments.out_before
            or (deployments.out_before is null and pull_requests.merge_commit_sha = deployments.commit_sha)
        )

)

select * from changes
