with

deployments as (

    select * from {{ ref('int_eng__deployments') }}

),

deploy_changes as (

    select * from {{ ref('int_eng__deploy_changes') }}

),

pull_requests as (

    select * from {{ ref('int_eng__pr_lifecycle') }}

),

github_issues as (

    select * from {{ ref('stg_github__issues') }}
    where not is_deleted and lower(labels) like '%"incident"%'

),

linear_issues as (

    select * from {{ ref('stg_linear__issues') }}
    where not is_deleted

),

incident_labels as (

    select * from {{ ref('stg_linear__issue_labels') }}
    where lower(label_name) = 'incident'

),

-- A team may have a label of that name beside the workspace's, and an issue bear both.
labelled_issues as (

    select distinct linear_issues.record_id
    from linear_issues
    inner join lateral flatten(input => linear_issues.label_ids) as label
    inner join incident_labels
        on incident_labels.connection_id = linear_issues.connection_id
        and incident_labels.label_id = label.value::varchar

),

team_map as (

    select * from {{ ref('team_map') }}

),

told as (

    select
        github_issues.record_id as incident_key,
        'github' as source,
        'incident' as kind,
        github_issues.connection_id,
        github_issues.repository_name,
        team_map.team,
        null::number as reverted_number,
        github_issues.created_at as opened_at,
        github_issues.closed_at as resolved_at
    from github_issues
    left join team_map on team_map.source = 'github' and team_map.name = github_issues.repository_name

    union all

    select
        linear_issues.record_id as incident_key,
        'linear' as source,
        'incident' as kind,
        linear_issues.connection_id,
        null::varchar as repository_name,
        team_map.team,
        null::number as reverted_number,
        linear_issues.created_at as opened_at,
        coalesce(linear_issues.completed_at, linear_issues.canceled_at) as resolved_at
    from linear_issues
    inner join labelled_issues on labelled_issues.record_id = linear_issues.record_id
    left join team_map on team_map.source = 'linear' and team_map.name = linear_issues.team_key

    union all

    select
        pull_request_key as incident_key,
        'github' as source,
        iff(is_revert, 'revert', 'hotfix') as kind,
        connection_id,
        repository_name,
        team,
        reverted_number,
        opened_at,
        merged_at as resolved_at
    from pull_requests
    where (is_revert or is_hotfix) and is_merged_to_default

),

-- A revert blames the deployment of what it takes back; anything else the last one before it. After 72 hours nothing
-- is blamed on a deployment.
suspects as (

    select
        told.incident_key,
        deployments.deployment_key,
        deployments.deployed_at
    from told
    inner join deployments
        on deployments.deployed_at <= told.opened_at
        and deployments.deployed_at >= dateadd(hour, -72, told.opened_at)
        and (
            deployments.repository_name = told.repository_name
            or (told.repository_name is null and deployments.team = told.team)
        )
    left join pull_requests as reverted
        on reverted.connection_id = told.connection_id
        and reverted.repository_name = told.repository_name
        and reverted.pull_request_number = told.reverted_number
    left join deploy_changes
        on deploy_changes.deployment_key = deployments.deployment_key
        and deploy_changes.pull_request_key = reverted.pull_request_key
    where reverted.pull_request_key is null or deploy_changes.deployment_key is not null
    qualify row_number() over (
        partition by told.incident_key
        order by deployments.deployed_at desc, deployments.deployment_key desc
    ) = 1

),

described as (

    select
        told.incident_key,
        told.source,
        told.kind,
        told.repository_name,
        told.team,
        suspects.deployment_key,
        datediff(second, told.opened_at, told.resolved_at) / 3600 as recovery_hours,
        told.opened_at,
        told.resolved_at
    from told
    left join suspects on suspects.incident_key = told.incident_key

)

select * from described
