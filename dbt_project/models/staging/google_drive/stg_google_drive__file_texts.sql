with

records as (

    select * from {{ ref('base_records') }}
    where source = 'google_drive' and stream = 'file_text'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as file_id,
        payload:mimeType::varchar as mime_type,
        payload:name::varchar as file_name,
        payload:text::varchar as file_text,
        payload:leftOut::varchar as left_out_because,
        try_to_number(payload:version::varchar) as version_number,
        {{ record_times() }}
    from records

)

select * from typed
