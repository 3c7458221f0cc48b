with

records as (

    select * from {{ ref('base_records') }}
    where source = 'github' and stream = 'push'

),

typed as (

    select
        md5(records.record_id || '|' || (commits.value:id::varchar)) as push_commit_key,
        records.connection_id,
        records.payload:repository:full_name::varchar as repository_name,
        records.payload:ref::varchar as git_ref,
        commits.value:id::varchar as commit_sha,
        lower(commits.value:author:email::varchar) as author_email,
        commits.value:author:username::varchar as author_login,
        {{ utc('commits.value:timestamp') }} as committed_at
    from records
    inner join lateral flatten(input => records.payload:commits) as commits

)

select * from typed
