{{ config(materialized='view', schema='AI_MEMORY') }}

with

documents as (

    select * from {{ ref('documents') }}

),

embeddings as (

    select distinct content_hash from {{ source('ai_memory', 'embeddings') }}

)

select
    documents.document_id,
    documents.document_type,
    documents.content_hash,
    documents.title,
    documents.document_text,
    documents.structure,
    documents.characters
from documents
left join embeddings on embeddings.content_hash = documents.content_hash
where embeddings.content_hash is null
