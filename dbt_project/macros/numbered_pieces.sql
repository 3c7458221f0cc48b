{#-
  Pieces of documents (source, connection_id, source_record_id, position_key, speaker, piece_text, start_ms, end_ms),
  each with its document, its number in it from 1, and where in the document's text it begins, in characters: pieces are
  parted there by one line break. A piece without words is none.
-#}
{% macro numbered_pieces(pieces) -%}
    select
        md5(document_id || '|' || piece_number) as piece_key,
        document_id,
        source,
        connection_id,
        source_record_id,
        piece_number,
        position_key,
        speaker,
        piece_text,
        start_ms,
        end_ms,
        coalesce(
            sum(length(piece_text) + 1) over (
                partition by document_id
                order by piece_number
                rows between unbounded preceding and 1 preceding
            ),
            0
        )::number(9, 0) as start_offset,
        mod(
            md5_number_lower64(
                piece_number || '|' || coalesce(speaker, '') || '|' || coalesce(start_ms::varchar, '') || '|'
                || coalesce(end_ms::varchar, '') || '|' || piece_text
            ),
            1000000000000
        )::number(12, 0) as piece_hash
    from (
        select
            *,
            {{ document_id() }} as document_id,
            row_number() over (
                partition by source, connection_id, source_record_id
                order by position_key, piece_text
            ) as piece_number
        from {{ pieces }}
        where trim(piece_text) != ''
    ) as placed
{%- endmacro %}
