with

files as (

    select * from {{ ref('stg_google_drive__files') }}
    where not is_deleted

),

texts as (

    select * from {{ ref('stg_google_drive__file_texts') }}
    where not is_deleted and file_text is not null

),

-- A file whose kind has changed since, as by a PDF in its place, no longer says what the text does.
told as (

    select
        texts.record_id as file_key,
        'google_drive' as source,
        texts.connection_id,
        texts.file_id as source_record_id,
        files.file_name as title,
        texts.file_text,
        files.created_at
    from texts
    inner join files
        on files.connection_id = texts.connection_id
        and files.file_id = texts.file_id
        and files.mime_type = texts.mime_type

)

select * from told
