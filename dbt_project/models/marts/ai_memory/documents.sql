{#- A text is long and few change between two runs: a run writes only documents that are no longer as they stand. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='document_id',
    on_schema_change='fail',
    post_hook=[
        'delete from {{ this }} where document_id not in (
            select heads.document_id
            from {{ ref("int_documents__heads") }} as heads
            inner join {{ ref("int_documents__texts") }} as texts on texts.document_id = heads.document_id
        )',
        '{% do forget_old_texts(this) %}'
    ]
) }}

with

heads as (

    select * from {{ ref('int_documents__heads') }}

),

texts as (

    select * from {{ ref('int_documents__texts') }}

),

described as (

    select
        heads.*,
        -- Of all a chunk is made of, so whatever changes one changes this: a vector of another hash is an old one.
        md5(
            heads.document_type || '|' || coalesce(heads.title, '') || '|' || texts.text_hash
        ) as content_hash
    from heads
    inner join texts on texts.document_id = heads.document_id

),

{% if is_incremental() -%}
changed as (

    select described.*
    from described
    left join {{ this }} as known on known.document_id = described.document_id
    where
        known.document_id is null
        or known.content_hash != described.content_hash
        or known.sensitivity != described.sensitivity
        or known.account_id is distinct from described.account_id
        or known.deal_key is distinct from described.deal_key
        or known.occurred_at is distinct from described.occurred_at

),

{% else -%}
changed as (

    select * from described

),

{% endif -%}
told as (

    select
        changed.document_id::varchar as document_id,
        changed.content_hash::varchar as content_hash,
        changed.document_type::varchar as document_type,
        changed.sensitivity::varchar as sensitivity,
        changed.source::varchar as source,
        changed.connection_id::varchar as connection_id,
        changed.source_record_id::varchar as source_record_id,
        changed.account_id::varchar as account_id,
        changed.deal_key::varchar as deal_key,
        changed.title::varchar as title,
        texts.document_text::varchar as document_text,
        texts.structure::array as structure,
        texts.piece_count::number(9, 0) as piece_count,
        length(texts.document_text)::number(9, 0) as characters,
        changed.occurred_at::timestamp_ntz as occurred_at
    from changed
    inner join texts on texts.document_id = changed.document_id

)

select * from told
