{#-
  Per call, because a transcript is replaced as a whole; nothing but its text goes in, so a later change of who spoke
  or of the call itself needs no new scores. An enrichment by another model adds rows under its own version.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['call_id', 'model_version'],
    on_schema_change='fail',
) }}

with

sentences as (

    select * from {{ ref('stg_gong__transcript_sentences') }}
    where not is_deleted and {{ is_to_be_scored() }}

),

lexicon as (

    select * from {{ ref('sentiment_lexicon') }}

),

{{ lexicon_scores('sentences', 'sentence_key', 'sentence_text') }},

utterances as (

    select
        md5(sentences.sentence_key || '|' || {{ sentiment_model() }}) as utterance_score_key,
        sentences.sentence_key,
        sentences.call_id,
        sentences.monologue_number::varchar || '.' || sentences.sentence_number::varchar as utterance_id,
        {{ sentiment_model() }}::varchar as model_version,
        'lexicon'::varchar as method,
        scored.sentiment,
        sentences.landed_at
    from sentences
    inner join scored on scored.text_key = sentences.sentence_key

)

select * from utterances
