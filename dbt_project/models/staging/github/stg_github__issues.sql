with

records as (

    select
        *,
        {{ record_at('issue') }} as issue
    from {{ ref('base_records') }}
    where source = 'github' and stream = 'issue'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as issue_id,
        {{ repository_in('issue:repository_url') }} as repository_name,
        issue:user:id::varchar as author_id,
        issue:user:login::varchar as author_login,
        issue:title::varchar as title,
        issue:body::varchar as body,
        issue:state::varchar as state,
        issue:state_reason::varchar as state_reason,
        to_json(issue:labels) as labels,
        try_to_number(issue:number::varchar) as issue_number,
        {{ utc('issue:created_at') }} as created_at,
        {{ utc('issue:closed_at') }} as closed_at,
        {{ record_times() }}
    from records
    -- The API lists a pull request also as an issue; it is counted once, as a pull request.
    where issue:pull_request:url::varchar is null

)

select * from typed
