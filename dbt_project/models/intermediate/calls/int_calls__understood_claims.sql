with

claims as (

    select * from {{ ref('document_claims') }}
    where method = 'llm' and document_type = 'call'

),

pieces as (

    select * from {{ ref('int_documents__pieces') }}
    where source = 'gong'

),

understood as (

    select
        claims.claim_key,
        pieces.source_record_id as call_id,
        pieces.position_key::number(9, 0) as monologue_number,
        claims.claim_kind,
        claims.label,
        claims.heard_as,
        claims.quote,
        claims.start_offset
    from claims
    inner join pieces
        on pieces.document_id = claims.document_id
        and pieces.piece_number = claims.piece_number

)

select * from understood
