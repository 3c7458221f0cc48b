with

sentences as (

    select * from {{ ref('stg_gong__transcript_sentences') }}
    where not is_deleted

),

utterance_scores as (

    select * from {{ ref('int_calls__utterance_scores') }}
    where model_version = {{ sentiment_model() }}

),

understood as (

    select * from {{ ref('int_calls__understood') }}

),

understood_calls as (

    select
        call_id,
        max(model_version) as model_version
    from understood
    group by call_id

),

speakers as (

    select * from {{ ref('stg_gong__call_parties') }}
    where speaker_id is not null
    qualify row_number() over (partition by call_id, speaker_id order by party_key) = 1

),

-- What a language model has read is scored by it alone: what words weigh and what a reader hears do not mix.
felt as (

    select
        sentences.*,
        iff(understood_calls.call_id is null, utterance_scores.sentiment, understood.sentiment) as sentiment
    from sentences
    inner join utterance_scores on utterance_scores.sentence_key = sentences.sentence_key
    left join understood_calls on understood_calls.call_id = sentences.call_id
    left join understood
        on understood.call_id = sentences.call_id
        and understood.monologue_number = sentences.monologue_number

),

-- A third of the call is a third of the time in which anybody spoke.
spoken as (

    select
        felt.call_id,
        coalesce(speakers.affiliation, 'unknown') as affiliation,
        felt.sentiment,
        greatest(coalesce(felt.end_ms - felt.start_ms, 0), 0) / 1000 as spoken_s,
        min(felt.start_ms) over (partition by felt.call_id) as first_ms,
        max(felt.end_ms) over (partition by felt.call_id) as last_ms,
        felt.start_ms
    from felt
    left join speakers on speakers.call_id = felt.call_id and speakers.speaker_id = felt.speaker_id
    -- A sentence without a text says nothing, and its time is nobody's.
    where felt.sentiment is not null

),

placed as (

    select
        *,
        case
            when start_ms < first_ms + (last_ms - first_ms) / 3 then 'first'
            when start_ms >= last_ms - (last_ms - first_ms) / 3 then 'last'
            else 'middle'
        end as third
    from spoken

),

counted as (

    select
        call_id,
        count(*) as utterance_count,
        count_if(affiliation = 'external') as external_utterance_count,
        count_if(affiliation = 'internal') as internal_utterance_count,
        sum(iff(affiliation = 'external', spoken_s, 0)) as external_talk_s,
        sum(iff(affiliation = 'internal', spoken_s, 0)) as internal_talk_s,
        count_if(affiliation = 'external' and third = 'first') as first_third_count,
        count_if(affiliation = 'external' and third = 'last') as last_third_count,
        (
            sum(iff(affiliation = 'external', spoken_s * sentiment, 0))
            / nullif(sum(iff(affiliation = 'external', spoken_s, 0)), 0)
        ) as external_mean,
        (
            sum(iff(affiliation = 'internal', spoken_s * sentiment, 0))
            / nullif(sum(iff(affiliation = 'internal', spoken_s, 0)), 0)
        ) as internal_mean,
        (
            sum(iff(affiliation = 'external' and third = 'first', spoken_s * sentiment, 0))
            / nullif(sum(iff(affiliation = 'external' and third = 'first', spoken_s, 0)), 0)
        ) as first_third_mean,
        (
            sum(iff(affiliation = 'external' and third = 'last', spoken_s * sentiment, 0))
            / nullif(sum(iff(affiliation = 'external' and third = 'last', spoken_s, 0)), 0)
        ) as last_third_mean
    from placed
    group by call_id

),

-- Too few words are no mood: below 10 utterances or 60 seconds of a side there is no score for it.
judged as (

    select
        *,
        external_utterance_count >= 10 and external_talk_s >= 60 as is_scored,
        internal_utterance_count >= 10 and internal_talk_s >= 60 as is_internal_scored,
        first_third_count >= 3 and last_third_count >= 3 as has_thirds
    from counted

),

scored as (

    select
        judged.call_id,
        coalesce(understood_calls.model_version, {{ sentiment_model() }})::varchar as model_version,
        utterance_count,
        external_utterance_count,
        external_talk_s::number(12, 3) as external_talk_s,
        internal_talk_s::number(12, 3) as internal_talk_s,
        is_scored,
        iff(is_scored, external_mean, null)::number(5, 4) as sentiment_score,
        iff(is_internal_scored, internal_mean, null)::number(5, 4) as internal_sentiment,
        iff(is_scored and has_thirds, last_third_mean - first_third_mean, null)::number(5, 4) as sentiment_trend,
        case
            when not is_scored then null
            when external_mean::number(5, 4) >= 0.25 then 'positive'
            when external_mean::number(5, 4) <= -0.25 then 'negative'
            else 'neutral'
        end as sentiment_label
    from judged
    left join understood_calls on understood_calls.call_id = judged.call_id

)

select * from scored
