{{ config(materialized='view', schema='AI_MEMORY') }}

{{ documents_waiting(
    'enrich',
    source('ai_memory', 'enrichments'),
    'enrichment_model',
    condition=is_of_model('model_version', 'enrichment_model'),
    among="document_type != 'code'"
) }}
