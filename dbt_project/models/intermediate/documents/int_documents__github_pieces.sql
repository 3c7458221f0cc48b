{{ config(materialized='view') }}

with

issues as (

    select * from {{ ref('stg_github__issues') }}
    where not is_deleted and body is not null and repository_name is not null and issue_number is not null

),

-- What a bot writes is nobody's word.
pull_requests as (

    select * from {{ ref('stg_github__pull_requests') }}
    where
        not is_deleted and not is_by_bot
        and body is not null and repository_name is not null and pull_request_number is not null

),

comments as (

    select * from {{ ref('stg_github__issue_comments') }}
    where not is_deleted and body is not null and repository_name is not null and issue_number is not null

),

code_files as (

    select * from {{ ref('stg_github__code_files') }}
    where not is_deleted and content is not null

),

told as (

    select
        record_id,
        connection_id,
        repository_name || '#' || issue_number as source_record_id,
        '0' as position_key,
        author_login as speaker,
        body as piece_text
    from issues

    union all

    select
        record_id,
        connection_id,
        repository_name || '#' || pull_request_number as source_record_id,
        '0' as position_key,
        author_login as speaker,
        body as piece_text
    from pull_requests

    union all

    select
        record_id,
        connection_id,
        repository_name || '#' || issue_number as source_record_id,
        to_char(created_at, 'YYYYMMDDHH24MISS') || comment_id as position_key,
        author_login as speaker,
        body as piece_text
    from comments

    union all

    select
        record_id,
        connection_id,
        code_file_id as source_record_id,
        '0' as position_key,
        null as speaker,
        content as piece_text
    from code_files

)

select * from told
