with

claims as (

    select
        *,
        start_offset + charindex(heard_as, quote) - 1 as named_at
    from {{ ref('int_calls__understood_claims') }}
    where claim_kind = 'competitor_mention'

),

pieces as (

    select * from {{ ref('int_documents__pieces') }}
    where source = 'gong'

),

sentences as (

    select * from {{ ref('stg_gong__transcript_sentences') }}
    where not is_deleted and sentence_text is not null

),

aliases as (

    select * from {{ ref('competitors') }}

),

-- A document's text holds the sentences of a monologue with a blank between them.
placed as (

    select
        sentences.call_id,
        sentences.monologue_number,
        sentences.sentence_number,
        sentences.sentence_text,
        pieces.start_offset + coalesce(
            sum(length(sentences.sentence_text) + 1) over (
                partition by sentences.call_id, sentences.monologue_number
                order by sentences.sentence_number
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as start_offset
    from sentences
    inner join pieces
        on pieces.source_record_id = sentences.call_id
        and pieces.position_key::number(9, 0) = sentences.monologue_number

),

-- The sentence in which the name is, of a quote that may hold several.
said as (

    select
        claims.claim_key,
        claims.call_id,
        claims.label,
        claims.heard_as,
        placed.monologue_number::varchar || '.' || placed.sentence_number::varchar as utterance_id,
        placed.sentence_text
    from claims
    inner join placed
        on placed.call_id = claims.call_id
        and placed.monologue_number = claims.monologue_number
        and placed.start_offset <= claims.named_at
    qualify row_number() over (partition by claims.claim_key order by placed.start_offset desc) = 1

),

-- A vendor that is in no seed is no competitor yet; document_claims tells of it.
known as (

    select
        said.*,
        aliases.competitor_name
    from said
    inner join aliases
        on {{ words('aliases.alias') }} = {{ words('said.label') }}
        or {{ words('aliases.alias') }} = {{ words('said.heard_as') }}

),

mentions as (

    select
        md5('gong|' || call_id || '|' || competitor_name || '|' || utterance_id) as mention_id,
        {{ utterance_key("'gong'", 'call_id', 'utterance_id') }} as utterance_key,
        call_id,
        utterance_id,
        competitor_name,
        heard_as,
        sentence_text as mention_context
    from known
    qualify row_number() over (partition by call_id, competitor_name, utterance_id order by claim_key) = 1

)

select * from mentions
