with

records as (

    select * from {{ ref('base_records') }}
    where source = 'apollo' and stream = 'enrichment'

),

typed as (

    select
        md5(records.record_id || '|' || phone.index::varchar) as phone_key,
        records.connection_id,
        split_part(records.entity_id, '/', 1) as request_id,
        records.payload:id::varchar as person_id,
        coalesce(phone.value:sanitized_number::varchar, phone.value:raw_number::varchar) as phone_number,
        lower(phone.value:type_cd::varchar) as phone_type,
        lower(phone.value:status_cd::varchar) as phone_status,
        lower(phone.value:confidence_cd::varchar) as confidence,
        records.first_received_at
    from records
    inner join lateral flatten(input => records.payload:phone_numbers) as phone

)

select * from typed
