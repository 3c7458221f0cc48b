{{ config(materialized='view', schema='AI_MEMORY') }}

{{ documents_waiting('embed', source('ai_memory', 'embeddings'), 'embedding_model') }}
