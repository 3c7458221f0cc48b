with

records as (

    select * from {{ ref('base_records') }}
    where source = 'sharepoint' and stream = 'drive_item'

),

typed as (

    select
        record_id,
        connection_id,
        split_part(entity_id, '/', 1) as drive_id,
        split_part(entity_id, '/', 2) as item_id,
        payload:parentReference:id::varchar as parent_item_id,
        payload:name::varchar as item_name,
        -- The path begins with /drives/<id>/root:, which says nothing.
        split_part(payload:parentReference:path::varchar, 'root:', 2) as parent_path,
        case
            when payload:root is not null then 'root'
            when payload:folder is not null then 'folder'
            when payload:file is not null then 'file'
            else 'unknown'
        end as item_kind,
        payload:file:mimeType::varchar as mime_type,
        payload:webUrl::varchar as url,
        lower(payload:createdBy:user:email::varchar) as created_by_email,
        lower(payload:lastModifiedBy:user:email::varchar) as modified_by_email,
        try_to_number(payload:size::varchar) as size_bytes,
        {{ utc('payload:createdDateTime') }} as created_at,
        {{ utc('payload:lastModifiedDateTime') }} as modified_at,
        {{ record_times() }}
    from records

)

select * from typed
