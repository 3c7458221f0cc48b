with

records as (

    select * from {{ ref('base_records') }}
    where source = 'outlook' and stream = 'mail_folder'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as mail_folder_id,
        payload:parentFolderId::varchar as parent_folder_id,
        payload:displayName::varchar as folder_name,
        coalesce(try_to_boolean(payload:isHidden::varchar), false) as is_hidden,
        {{ record_times() }}
    from records

)

select * from typed
