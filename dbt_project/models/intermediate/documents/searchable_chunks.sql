{{ config(materialized='view', schema='AI_MEMORY') }}

with

documents as (

    select * from {{ ref('documents') }}

),

chunks as (

    select * from {{ source('ai_memory', 'chunks') }}
    qualify row_number() over (partition by chunk_id order by loaded_at desc) = 1

),

embeddings as (

    select * from {{ source('ai_memory', 'embeddings') }}
    qualify row_number() over (partition by chunk_id order by loaded_at desc, job_id) = 1

)

-- Documents that say the same share their chunks: the same text is never paid for twice.
select
    md5(documents.document_id || '|' || chunks.chunk_id) as searchable_chunk_key,
    chunks.chunk_id,
    documents.document_id,
    documents.document_type,
    documents.sensitivity,
    documents.source,
    documents.source_record_id,
    documents.account_id,
    documents.deal_key,
    documents.title,
    chunks.chunk_text,
    chunks.speakers,
    chunks.start_offset,
    chunks.start_ms,
    embeddings.model_version,
    embeddings.embedding,
    documents.occurred_at
from documents
inner join chunks on chunks.content_hash = documents.content_hash
inner join embeddings on embeddings.chunk_id = chunks.chunk_id
