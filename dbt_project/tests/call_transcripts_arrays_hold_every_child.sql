-- Calls whose arrays hold more or fewer elements than the rows they were made of.
with

mentions as (

    select
        source_record_id as call_id,
        count(*) as mention_count
    from {{ ref('int_competitors__raw_mentions') }}
    where source_system = 'gong'
    group by source_record_id

),

chunks as (

    select
        call_id,
        count(*) as chunk_count
    from {{ ref('int_calls__chunks') }}
    group by call_id

),

different as (

    select transcripts.call_id
    from {{ ref('call_transcripts') }} as transcripts
    left join mentions on mentions.call_id = transcripts.call_id
    left join chunks on chunks.call_id = transcripts.call_id
    where
        array_size(transcripts.competitive_mentions) != coalesce(mentions.mention_count, 0)
        or array_size(transcripts.transcript_chunks) != coalesce(chunks.chunk_count, 0)

)

select * from different
