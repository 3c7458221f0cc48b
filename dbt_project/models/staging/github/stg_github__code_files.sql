with

records as (

    select * from {{ ref('base_records') }}
    where source = 'github' and stream = 'code_file'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as code_file_id,
        payload:repository::varchar as repository_name,
        payload:path::varchar as path,
        payload:sha::varchar as blob_sha,
        payload:commit_sha::varchar as commit_sha,
        payload:content::varchar as content,
        try_to_number(payload:size::varchar) as size_bytes,
        {{ utc('payload:committed_at') }} as committed_at,
        {{ record_times() }}
    from records

)

select * from typed
