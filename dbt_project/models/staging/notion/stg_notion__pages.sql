with

records as (

    select * from {{ ref('base_records') }}
    where source = 'notion' and stream = 'page'

),

titles as (

    select
        records.record_id,
        listagg(part.value:plain_text::varchar, '') within group (order by part.index) as title
    from records
    inner join lateral flatten(input => records.payload:properties) as property
    inner join lateral flatten(input => property.value:title) as part
    where property.value:type::varchar = 'title'
    group by records.record_id

),

typed as (

    select
        records.record_id,
        records.connection_id,
        records.entity_id as page_id,
        records.payload:parent:data_source_id::varchar as data_source_id,
        records.payload:parent:page_id::varchar as parent_page_id,
        records.payload:created_by:id::varchar as created_by_user_id,
        records.payload:last_edited_by:id::varchar as last_edited_by_user_id,
        records.payload:parent:type::varchar as parent_type,
        titles.title,
        records.payload:url::varchar as page_url,
        records.payload:properties as properties,
        coalesce(try_to_boolean(records.payload:is_locked::varchar), false) as is_locked,
        {{ utc('records.payload:created_time') }} as created_at,
        {{ utc('records.payload:last_edited_time') }} as last_edited_at,
        records.is_deleted,
        records.deleted_at,
        records.source_updated_at,
        records.first_received_at,
        records.last_received_at
    from records
    left join titles on titles.record_id = records.record_id

)

select * from typed
