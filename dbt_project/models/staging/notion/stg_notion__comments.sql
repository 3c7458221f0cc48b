with

records as (

    select * from {{ ref('base_records') }}
    where source = 'notion' and stream = 'comment'

),

texts as (

    select
        records.record_id,
        listagg(part.value:plain_text::varchar, '') within group (order by part.index) as comment_text
    from records
    inner join lateral flatten(input => records.payload:rich_text) as part
    group by records.record_id

),

typed as (

    select
        records.record_id,
        records.connection_id,
        records.entity_id as comment_id,
        records.payload:parent:page_id::varchar as page_id,
        records.payload:parent:block_id::varchar as block_id,
        records.payload:discussion_id::varchar as discussion_id,
        records.payload:created_by:id::varchar as user_id,
        texts.comment_text,
        {{ utc('records.payload:created_time') }} as created_at,
        {{ utc('records.payload:last_edited_time') }} as last_edited_at,
        records.is_deleted,
        records.deleted_at,
        records.source_updated_at,
        records.first_received_at,
        records.last_received_at
    from records
    left join texts on texts.record_id = records.record_id

)

select * from typed
