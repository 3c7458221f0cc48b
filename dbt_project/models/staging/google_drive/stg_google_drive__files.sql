with

records as (

    select * from {{ ref('base_records') }}
    where source = 'google_drive' and stream = 'file'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as file_id,
        payload:driveId::varchar as shared_drive_id,
        payload:parents[0]::varchar as parent_file_id,
        payload:name::varchar as file_name,
        payload:mimeType::varchar as mime_type,
        payload:webViewLink::varchar as url,
        lower(payload:owners[0]:emailAddress::varchar) as owner_email,
        lower(payload:lastModifyingUser:emailAddress::varchar) as modified_by_email,
        try_to_number(payload:version::varchar) as version_number,
        try_to_number(payload:size::varchar) as size_bytes,
        coalesce(payload:mimeType::varchar = 'application/vnd.google-apps.folder', false) as is_folder,
        {{ utc('payload:createdTime') }} as created_at,
        {{ utc('payload:modifiedTime') }} as modified_at,
        {{ record_times() }}
    from records

)

select * from typed
