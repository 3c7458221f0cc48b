with

records as (

    select
        *,
        {{ record_at('comment') }} as comment_record
    from {{ ref('base_records') }}
    where source = 'github' and stream = 'issue_comment'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as comment_id,
        {{ repository_in('comment_record:issue_url') }} as repository_name,
        comment_record:user:id::varchar as author_id,
        comment_record:user:login::varchar as author_login,
        comment_record:body::varchar as body,
        try_to_number(split_part(comment_record:issue_url::varchar, '/', -1)) as issue_number,
        {{ utc('comment_record:created_at') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
