{{ config(materialized='view', schema='AI_MEMORY') }}

with

enrichments as (

    select * from {{ ref('document_enrichments') }}

)

select
    md5(enrichments.document_id || '|' || (scored.value:piece::number(9, 0) + 1)) as piece_key,
    enrichments.document_id,
    enrichments.method,
    enrichments.model_version,
    scored.value:piece::number(9, 0) + 1 as piece_number,
    scored.value['start']::number(9, 0) as start_offset,
    scored.value:sentiment::number(5, 4) as sentiment
from enrichments
inner join lateral flatten(input => enrichments.pieces) as scored
