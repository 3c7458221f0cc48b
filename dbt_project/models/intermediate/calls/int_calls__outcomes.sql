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

understood_calls as (

    select distinct call_id from {{ ref('int_calls__understood') }}

),

understood_outcomes as (

    select
        call_id,
        label as outcome_category
    from {{ ref('int_calls__understood_claims') }}
    where claim_kind = 'outcome'

),

-- Of a call that a language model has read and found no outcome in, phrases say none either.
outcomes as (

    select
        calls.call_id,
        case
            when calls.outcome_category is not null then calls.outcome_category
            when understood_calls.call_id is not null then understood_outcomes.outcome_category
            else strongest.outcome_category
        end as outcome_category,
        case
            when calls.outcome_category is not null then 'gong'
            when understood_calls.call_id is not null then 'llm'
            else 'content'
        end as outcome_source
    from calls
    left join strongest on strongest.call_id = calls.call_id
    left join understood_calls on understood_calls.call_id = calls.call_id
    left join understood_outcomes on understood_outcomes.call_id = calls.call_id

),

known as (

    select * from outcomes
    where outcome_category is not null

)

select * from known
