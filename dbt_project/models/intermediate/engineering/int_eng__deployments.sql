with

statuses as (

    select * from {{ ref('stg_github__deployments') }}
    where state = 'success' and not is_deleted

),

targets as (

    select * from {{ ref('stg_github__deployment_targets') }}

),

pull_requests as (

    select * from {{ ref('int_eng__pr_lifecycle') }}
    where is_merged_to_default

),

team_map as (

    select * from {{ ref('team_map') }}
    where source = 'github'

),

-- A deployment may say more than once that it succeeded; the first time it was so.
succeeded as (

    select
        statuses.connection_id,
        statuses.deployment_id,
        max(statuses.repository_name) as repository_name,
        max(coalesce(statuses.commit_sha, targets.commit_sha)) as commit_sha,
        min(statuses.created_at) as deployed_at,
        min(coalesce(targets.created_at, statuses.created_at)) as created_at
    from statuses
    left join targets
        on targets.connection_id = statuses.connection_id and targets.deployment_id = statuses.deployment_id
    where lower(coalesce(statuses.environment, targets.environment)) in ('production', 'prod')
    group by statuses.connection_id, statuses.deployment_id

),

told as (

    select
        md5(succeeded.connection_id || '|' || succeeded.deployment_id) as deployment_key,
        succeeded.connection_id,
        succeeded.deployment_id,
        succeeded.repository_name,
        succeeded.commit_sha,
        false as is_inferred,
        -- The branch as it was when this commit was merged is what went out, however late it did.
        coalesce(pull_requests.merged_at, succeeded.created_at) as branch_at,
        succeeded.deployed_at
    from succeeded
    left join pull_requests
        on pull_requests.connection_id = succeeded.connection_id
        and pull_requests.repository_name = succeeded.repository_name
        and pull_requests.merge_commit_sha = succeeded.commit_sha

),

recorded as (

    select distinct
        connection_id,
        repository_name
    from told

),

-- Where nobody records deployments, merging to the default branch is taken to be one.
inferred as (

    select
        md5(pull_requests.pull_request_key || '|merge') as deployment_key,
        pull_requests.connection_id,
        null::varchar as deployment_id,
        pull_requests.repository_name,
        pull_requests.merge_commit_sha as commit_sha,
        true as is_inferred,
        pull_requests.merged_at as branch_at,
        pull_requests.merged_at as deployed_at
    from pull_requests
    left join recorded
        on recorded.connection_id = pull_requests.connection_id
        and recorded.repository_name = pull_requests.repository_name
    where recorded.repository_name is null

),

every_deployment as (

    select * from told
    union all
    select * from inferred

),

ordered as (

    select
        every_deployment.*,
        team_map.team,
        max(every_deployment.branch_at) over (
            partition by every_deployment.connection_id, every_deployment.repository_name
            order by every_deployment.deployed_at, every_deployment.deployment_key
            rows between unbounded preceding and 1 preceding
        ) as out_before
    from every_deployment
    left join team_map on team_map.name = every_deployment.repository_name

)

select * from ordered
