{{ config(materialized='view', schema='AI_MEMORY') }}

with

documents as (

    select * from {{ ref('documents') }}

),

-- Of a content that was paid for twice, by workers that knew nothing of each other, the last word counts.
enrichments as (

    select * from {{ source('ai_memory', 'enrichments') }}
    where {{ is_of_model('model_version', 'enrichment_model') }}
    qualify row_number() over (partition by content_hash order by loaded_at desc, job_id) = 1

)

-- Documents that say the same share what was understood of them.
select
    documents.document_id,
    documents.content_hash,
    documents.document_type,
    documents.sensitivity,
    documents.source,
    documents.source_record_id,
    documents.account_id,
    documents.deal_key,
    enrichments.method,
    enrichments.model_version,
    enrichments.prompt_version,
    enrichments.enrichment:pieces::array as pieces,
    enrichments.enrichment:claims::array as claims,
    enrichments.enrichment:sentiment::number(5, 4) as sentiment,
    enrichments.dropped_claims,
    documents.occurred_at,
    enrichments.enriched_at
from documents
inner join enrichments on enrichments.content_hash = documents.content_hash
