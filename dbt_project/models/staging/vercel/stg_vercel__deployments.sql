with

records as (

    select * from {{ ref('base_records') }}
    where source = 'vercel' and stream = 'deployment'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as deployment_id,
        payload:projectId::varchar as project_id,
        payload:creator:uid::varchar as creator_id,
        payload:meta:githubCommitSha::varchar as commit_sha,
        try_to_number(payload:meta:githubPrId::varchar) as pull_request_number,
        payload:name::varchar as project_name,
        payload:url::varchar as deployment_url,
        payload:meta:githubCommitRepo::varchar as repository_name,
        payload:meta:githubCommitRef::varchar as branch_name,
        payload:meta:githubCommitMessage::varchar as commit_message,
        lower(payload:creator:email::varchar) as creator_email,
        iff(payload is null, null, coalesce(payload:target::varchar, 'preview')) as target,
        lower(coalesce(payload:state::varchar, payload:readyState::varchar)) as state,
        iff(payload is null, null, coalesce(payload:target::varchar, '') = 'production') as is_production,
        -- A listing has both names of the time of creation, the answer about one deployment has createdAt.
        to_timestamp_ntz(
            coalesce(try_to_number(payload:created::varchar), try_to_number(payload:createdAt::varchar)), 3
        ) as created_at,
        to_timestamp_ntz(try_to_number(payload:buildingAt::varchar), 3) as building_at,
        to_timestamp_ntz(try_to_number(payload:ready::varchar), 3) as ready_at,
        {{ record_times() }}
    from records

)

select * from typed
