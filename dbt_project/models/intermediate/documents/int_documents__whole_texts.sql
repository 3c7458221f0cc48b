{#- A union that one model reads; a table would keep each text once more. -#}
{{ config(materialized='view') }}

with

issues as (

    select * from {{ ref('stg_linear__issues') }}
    where not is_deleted and description is not null

),

tasks as (

    select * from {{ ref('stg_asana__tasks') }}
    where not is_deleted and notes is not null

),

crm_notes as (

    select * from {{ ref('int_documents__crm_notes') }}

),

files as (

    select * from {{ ref('int_documents__files') }}

),

told as (

    select
        record_id as text_key,
        'linear' as source,
        connection_id,
        issue_id as source_record_id,
        null as author_name,
        description as whole_text
    from issues

    union all

    select
        record_id as text_key,
        'asana' as source,
        connection_id,
        task_id as source_record_id,
        null as author_name,
        notes as whole_text
    from tasks

    union all

    select
        note_key as text_key,
        source,
        connection_id,
        source_record_id,
        author_name,
        note_text as whole_text
    from crm_notes

    union all

    select
        file_key as text_key,
        source,
        connection_id,
        source_record_id,
        null as author_name,
        file_text as whole_text
    from files

)

select * from told
