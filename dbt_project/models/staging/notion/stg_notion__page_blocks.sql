with

records as (

    select * from {{ ref('base_records') }}
    where source = 'notion' and stream = 'page_content'

),

blocks as (

    select
        md5(records.record_id || '|' || (block.value:id::varchar)) as block_key,
        records.connection_id,
        records.entity_id as page_id,
        block.value:id::varchar as block_id,
        block.value:parent:block_id::varchar as parent_block_id,
        block.value:type::varchar as block_type,
        get(block.value, block.value:type::varchar) as content,
        block.index + 1 as block_number,
        try_to_boolean(records.payload:is_whole::varchar) as is_page_whole,
        {{ utc('block.value:last_edited_time') }} as last_edited_at,
        records.is_deleted
    from records
    inner join lateral flatten(input => records.payload:blocks) as block

),

texts as (

    select
        blocks.block_key,
        listagg(part.value:plain_text::varchar, '') within group (order by part.index) as block_text
    from blocks
    inner join lateral flatten(input => blocks.content:rich_text) as part
    group by blocks.block_key

),

typed as (

    select
        blocks.block_key,
        blocks.connection_id,
        blocks.page_id,
        blocks.block_id,
        blocks.parent_block_id,
        blocks.block_type,
        texts.block_text,
        blocks.block_number,
        blocks.is_page_whole,
        blocks.last_edited_at,
        blocks.is_deleted
    from blocks
    left join texts on texts.block_key = blocks.block_key

)

select * from typed
