{#-
  A text is put together again only where its pieces are no longer those it was made of: who said what, where in it, and
  how many. So a run reads all pieces, and writes the few documents that changed.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='document_id',
    on_schema_change='fail',
    post_hook='delete from {{ this }} where document_id not in (select document_id from {{ ref("int_documents__pieces") }})'
) }}

with

pieces as (

    select * from {{ ref('int_documents__pieces') }}

),

-- piece_hash tells a piece from any other, and a sum of them needs no order.
documents as (

    select
        document_id,
        count(*)::number(9, 0) as piece_count,
        sum(piece_hash)::number(18, 0) as pieces_hash
    from pieces
    group by document_id

),

{% if is_incremental() -%}
changed as (

    select documents.*
    from documents
    left join {{ this }} as known
        on known.document_id = documents.document_id
        and known.piece_count = documents.piece_count
        and known.pieces_hash = documents.pieces_hash
    where known.document_id is null

),

{% else -%}
changed as (

    select * from documents

),

{% endif -%}
texts as (

    select
        pieces.document_id,
        listagg(pieces.piece_text, '\n') within group (order by pieces.piece_number) as document_text,
        array_agg(
            object_construct_keep_null(
                'speaker', pieces.speaker,
                'start_ms', pieces.start_ms,
                'end_ms', pieces.end_ms,
                'start', pieces.start_offset::int,
                'end', (pieces.start_offset + length(pieces.piece_text))::int
            )
        ) within group (order by pieces.piece_number) as structure
    from pieces
    inner join changed on changed.document_id = pieces.document_id
    group by pieces.document_id

),

told as (

    select
        texts.document_id,
        texts.document_text,
        texts.structure,
        md5(texts.document_text || '|' || texts.structure::varchar) as text_hash,
        changed.piece_count,
        changed.pieces_hash
    from texts
    inner join changed on changed.document_id = texts.document_id

)

select * from told
