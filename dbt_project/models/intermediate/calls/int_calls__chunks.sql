with

sentences as (

    select * from {{ ref('stg_gong__transcript_sentences') }}
    where not is_deleted

),

-- A chunk is what one speaker said without a break; a transcript is read in that order.
chunks as (

    select
        md5(call_id || '|' || monologue_number::varchar) as chunk_key,
        call_id,
        speaker_id,
        listagg(sentence_text, ' ') within group (order by sentence_number) as chunk_text,
        monologue_number as chunk_number,
        min(start_ms) as start_ms,
        max(end_ms) as end_ms
    from sentences
    group by call_id, speaker_id, monologue_number

)

select * from chunks
