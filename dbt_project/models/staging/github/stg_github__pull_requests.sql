with

records as (

    select
        *,
        {{ record_at('pull_request') }} as pull_request
    from {{ ref('base_records') }}
    where source = 'github' and stream = 'pull_request'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as pull_request_id,
        pull_request:base:repo:id::varchar as repository_id,
        pull_request:base:repo:full_name::varchar as repository_name,
        pull_request:user:id::varchar as author_id,
        pull_request:user:login::varchar as author_login,
        pull_request:base:ref::varchar as base_branch,
        pull_request:head:ref::varchar as head_branch,
        pull_request:head:sha::varchar as head_sha,
        pull_request:merge_commit_sha::varchar as merge_commit_sha,
        pull_request:title::varchar as title,
        pull_request:body::varchar as body,
        pull_request:state::varchar as state,
        to_json(pull_request:labels) as labels,
        -- GitHub's button writes "Reverts owner/name#123" into the body.
        try_to_number(regexp_substr(pull_request:body::varchar, 'Reverts [^ #]*#([0-9]+)', 1, 1, 'e', 1))
            as reverted_number,
        try_to_number(pull_request:number::varchar) as pull_request_number,
        -- Only the webhook and the single record carry these; the listing does not.
        try_to_number(pull_request:additions::varchar) as additions,
        try_to_number(pull_request:deletions::varchar) as deletions,
        coalesce(try_to_boolean(pull_request:draft::varchar), false) as is_draft,
        pull_request:merged_at::varchar is not null as is_merged,
        {{ is_github_bot('pull_request:user') }} as is_by_bot,
        {{ utc('pull_request:created_at') }} as created_at,
        {{ utc('pull_request:merged_at') }} as merged_at,
        {{ utc('pull_request:closed_at') }} as closed_at,
        {{ record_times() }}
    from records

)

select * from typed
