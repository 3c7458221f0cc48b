{{ config(post_hook='{% do forget_old_texts(this) %}') }}

with

heads as (

    select * from {{ ref('int_documents__heads') }}

),

texts as (

    select * from {{ ref('int_documents__texts') }}

),

told as (

    select
        heads.document_id::varchar as document_id,
        -- Of all a chunk is made of, so whatever changes one changes this: a vector of another hash is an old one.
        md5(
            heads.document_type || '|' || coalesce(heads.title, '') || '|' || texts.text_hash
        )::varchar as content_hash,
        heads.document_type::varchar as document_type,
        heads.sensitivity::varchar as sensitivity,
        heads.source::varchar as source,
        heads.connection_id::varchar as connection_id,
        heads.source_record_id::varchar as source_record_id,
        heads.account_id::varchar as account_id,
        heads.deal_key::varchar as deal_key,
        heads.title::varchar as title,
        texts.document_text::varchar as document_text,
        texts.structure::array as structure,
        texts.piece_count::number(9, 0) as piece_count,
        length(texts.document_text)::number(9, 0) as characters,
        heads.occurred_at::timestamp_ntz as occurred_at
    from heads
    inner join texts on texts.document_id = heads.document_id

)

select * from told
