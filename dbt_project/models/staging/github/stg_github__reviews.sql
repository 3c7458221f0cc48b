with

records as (

    select
        *,
        {{ record_at('review') }} as review
    from {{ ref('base_records') }}
    where source = 'github' and stream = 'pull_request_review'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as review_id,
        payload:pull_request:id::varchar as pull_request_id,
        {{ repository_in('review:pull_request_url') }} as repository_name,
        review:user:id::varchar as reviewer_id,
        review:user:login::varchar as reviewer_login,
        lower(review:state::varchar) as state,
        try_to_number(split_part(review:pull_request_url::varchar, '/', -1)) as pull_request_number,
        {{ is_github_bot('review:user') }} as is_by_bot,
        {{ utc('review:submitted_at') }} as submitted_at,
        {{ record_times() }}
    from records

)

select * from typed
