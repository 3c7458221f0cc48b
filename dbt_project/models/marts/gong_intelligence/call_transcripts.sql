with

calls as (

    select * from {{ ref('int_calls__linked') }}

),

chunks as (

    select
        call_id,
        array_agg(object_construct(
            'chunk_number', chunk_number,
            'speaker_id', speaker_id,
            'start_ms', start_ms,
            'end_ms', end_ms,
            'text', chunk_text
        )) within group (order by chunk_number) as transcript_chunks
    from {{ ref('int_calls__chunks') }}
    group by call_id

),

mentions as (

    select
        source_record_id as call_id,
        array_agg(object_construct(
            'mention_id', mention_id,
            'competitor_name', competitor_name,
            'is_by_customer', is_by_customer
        )) within group (order by detected_at, mention_id) as competitive_mentions
    from {{ ref('int_competitors__raw_mentions') }}
    where source_system = 'gong'
    group by source_record_id

),

talking_points as (

    select
        call_id,
        array_agg(talking_point) within group (order by talking_point) as talking_points_used
    from {{ ref('int_calls__talking_points') }}
    group by call_id

),

scores as (

    select * from {{ ref('int_calls__scores') }}

),

outcomes as (

    select * from {{ ref('int_calls__outcomes') }}

),

transcripts as (

    select
        calls.call_id,
        calls.account_id,
        calls.call_date,
        coalesce(chunks.transcript_chunks, array_construct())::array as transcript_chunks,
        scores.sentiment_score,
        coalesce(mentions.competitive_mentions, array_construct())::array as competitive_mentions,
        coalesce(talking_points.talking_points_used, array_construct())::array as talking_points_used,
        outcomes.outcome_category
    from calls
    left join chunks on chunks.call_id = calls.call_id
    left join mentions on mentions.call_id = calls.call_id
    left join talking_points on talking_points.call_id = calls.call_id
    left join scores on scores.call_id = calls.call_id
    left join outcomes on outcomes.call_id = calls.call_id

)

select * from transcripts
