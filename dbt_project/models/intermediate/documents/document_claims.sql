{{ config(materialized='view', schema='AI_MEMORY') }}

with

enrichments as (

    select * from {{ ref('document_enrichments') }}

)

select
    md5(enrichments.document_id || '|' || claim.index) as claim_key,
    enrichments.document_id,
    enrichments.document_type,
    enrichments.sensitivity,
    enrichments.source,
    enrichments.source_record_id,
    enrichments.account_id,
    enrichments.deal_key,
    claim.value:kind::varchar as claim_kind,
    claim.value:label::varchar as label,
    claim.value:heard_as::varchar as heard_as,
    claim.value:stance::varchar as stance,
    claim.value:quote::varchar as quote,
    enrichments.method,
    enrichments.model_version,
    claim.value:piece::number(9, 0) + 1 as piece_number,
    claim.value['start']::number(9, 0) as start_offset,
    claim.value['end']::number(9, 0) as end_offset,
    enrichments.occurred_at
from enrichments
inner join lateral flatten(input => enrichments.claims) as claim
