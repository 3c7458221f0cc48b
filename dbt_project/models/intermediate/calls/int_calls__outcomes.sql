with

calls as (

    select * from {{ ref('int_calls__linked') }}

),

sentences as (

    select * from {{ ref('stg_gong__transcript_sentences') }}
    where not is_deleted

),

speakers as (

    select * from {{ ref('stg_gong__call_parties') }}
    where speaker_id is not null
    qualify row_number() over (partition by call_id, speaker_id order by party_key) = 1

),

phrases as (

    select * from {{ ref('call_outcome_phrases') }}

),

heard as (

    select distinct
        sentences.call_id,
        phrases.outcome_category
    from sentences
    inner join phrases on contains({{ words('sentences.sentence_text') }}, {{ words('phrases.phrase') }})
    left join speakers on speakers.call_id = sentences.call_id and speakers.speaker_id = sentences.speaker_id
    where phrases.said_by = 'anyone' or speakers.affiliation = 'external'

),

-- What was decided counts more than what was agreed, that more than what stood in the way, that more than the price.
strongest as (

    select *
    from heard
    qualify row_number() over (
        partition by call_id
        order by
            case outcome_category
                when 'decision' then 1
                when 'next_step' then 2
                when 'objection' then 3
                else 4
            end
    ) = 1

),

outcomes as (

    select
        calls.call_id,
        coalesce(calls.outcome_category, strongest.outcome_category) as outcome_category,
        iff(calls.outcome_category is not null, 'gong', 'content') as outcome_source
    from calls
    left join strongest on strongest.call_id = calls.call_id
    where calls.outcome_category is not null or strongest.outcome_category is not null

)

select * from outcomes
