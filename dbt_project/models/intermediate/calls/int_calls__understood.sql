with

enrichments as (

    select * from {{ ref('document_enrichments') }}
    where method = 'llm' and document_type = 'call'

),

pieces as (

    select * from {{ ref('int_documents__pieces') }}
    where source = 'gong'

),

piece_sentiments as (

    select * from {{ ref('document_piece_sentiments') }}

),

-- Rules and prototypes of the worker are no better than those here, so they replace none of them.
understood as (

    select
        pieces.piece_key,
        pieces.source_record_id as call_id,
        pieces.position_key::number(9, 0) as monologue_number,
        enrichments.model_version,
        piece_sentiments.sentiment
    from enrichments
    inner join pieces on pieces.document_id = enrichments.document_id
    left join piece_sentiments on piece_sentiments.piece_key = pieces.piece_key

)

select * from understood
