with

records as (

    select * from {{ ref('base_records') }}
    where source = 'figma' and stream = 'comment'

),

-- A webhook tells the text in fragments; a listing, which comes later and counts more, tells it as one.
fragments as (

    select
        records.record_id,
        listagg(fragment.value:text::varchar, '') within group (order by fragment.index) as told_text
    from records
    inner join lateral flatten(input => records.payload:comment) as fragment
    group by records.record_id

),

typed as (

    select
        records.record_id,
        records.connection_id,
        records.entity_id as comment_key,
        split_part(records.entity_id, '/', 1) as file_key,
        split_part(records.entity_id, '/', 2) as comment_id,
        nullif(records.payload:parent_id::varchar, '') as parent_comment_id,
        coalesce(records.payload:user:id::varchar, records.payload:triggered_by:id::varchar) as user_id,
        coalesce(records.payload:user:handle::varchar, records.payload:triggered_by:handle::varchar) as full_name,
        coalesce(records.payload:message::varchar, fragments.told_text) as message_text,
        {{ utc('records.payload:resolved_at') }} is not null as is_resolved,
        {{ utc('records.payload:created_at') }} as created_at,
        {{ utc('records.payload:resolved_at') }} as resolved_at,
        records.is_deleted,
        records.deleted_at,
        records.source_updated_at,
        records.first_received_at,
        records.last_received_at
    from records
    left join fragments on fragments.record_id = records.record_id

)

select * from typed
