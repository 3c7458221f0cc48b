with

deployments as (

    select * from {{ ref('int_eng__deployments') }}

),

deploy_changes as (

    select * from {{ ref('int_eng__deploy_changes') }}

),

incidents as (

    select * from {{ ref('int_eng__incidents') }}
    where deployment_key is not null

),

-- What bots wrote is deployed too, but nobody waited for it.
brought as (

    select
        deployment_key,
        count(*) as change_count,
        median(iff(is_by_bot, null, lead_time_hours)) as lead_time_hours,
        boolor_agg(is_rework) as is_rework
    from deploy_changes
    group by deployment_key

),

blamed as (

    select
        deployment_key,
        count(*) as failure_sign_count,
        min_by(kind, opened_at) as first_failure_kind,
        min(opened_at) as first_failed_at
    from incidents
    group by deployment_key

),

facts as (

    select
        deployments.deployment_key::varchar as deployment_key,
        deployments.deployment_id::varchar as deployment_id,
        deployments.repository_name::varchar as repository_name,
        deployments.team::varchar as team,
        deployments.commit_sha::varchar as commit_sha,
        blamed.first_failure_kind::varchar as first_failure_kind,
        coalesce(brought.change_count, 0)::number(18, 0) as change_count,
        coalesce(blamed.failure_sign_count, 0)::number(18, 0) as failure_sign_count,
        brought.lead_time_hours::number(12, 4) as lead_time_hours,
        deployments.is_inferred::boolean as is_inferred,
        (blamed.deployment_key is not null)::boolean as is_change_failure,
        coalesce(brought.is_rework, false)::boolean as is_rework,
        {{ business_date('deployments.deployed_at') }} as deployed_on,
        deployments.deployed_at::timestamp_ntz as deployed_at,
        blamed.first_failed_at::timestamp_ntz as first_failed_at
    from deployments
    left join brought on brought.deployment_key = deployments.deployment_key
    left join blamed on blamed.deployment_key = deployments.deployment_key

)

select * from facts
