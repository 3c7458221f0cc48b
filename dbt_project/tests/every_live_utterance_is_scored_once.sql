-- Sentences of live transcripts without exactly one score by the current model.
with

sentences as (

    select sentence_key
    from {{ ref('stg_gong__transcript_sentences') }}
    where not is_deleted

),

scores as (

    select sentence_key
    from {{ ref('int_calls__utterance_scores') }}
    where model_version = {{ sentiment_model() }}

)

select sentences.sentence_key
from sentences
left join scores on scores.sentence_key = sentences.sentence_key
group by sentences.sentence_key
having count(scores.sentence_key) != 1
