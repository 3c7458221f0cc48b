{{ config(materialized='view', schema='AI_MEMORY') }}

with

documents as (

    select * from {{ ref('documents') }}

),

enrichments as (

    select distinct content_hash from {{ source('ai_memory', 'enrichments') }}
    where {{ is_of_model('model_version', 'enrichment_model') }}

),

-- Nothing could be made of it, and nothing will until it says something else.
refusals as (

    select distinct content_hash from {{ source('ai_memory', 'refusals') }}
    where kind = 'enrich' and {{ is_of_model('model_version', 'enrichment_model') }}

)

select
    documents.document_id,
    documents.document_type,
    documents.content_hash,
    documents.title,
    documents.document_text,
    documents.structure,
    '{{ var("enrichment_model") }}' as model_slug,
    documents.characters
from documents
left join enrichments on enrichments.content_hash = documents.content_hash
left join refusals on refusals.content_hash = documents.content_hash
where enrichments.content_hash is null and refusals.content_hash is null
