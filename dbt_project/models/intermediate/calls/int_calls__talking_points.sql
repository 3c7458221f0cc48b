with

chunks as (

    select * from {{ ref('int_calls__chunks') }}

),

speakers as (

    select * from {{ ref('stg_gong__call_parties') }}
    where speaker_id is not null
    qualify row_number() over (partition by call_id, speaker_id order by party_key) = 1

),

points as (

    select * from {{ ref('talking_points') }}

),

-- A customer who says the word has not heard our point.
used as (

    select
        md5(chunks.call_id || '|' || points.talking_point) as talking_point_key,
        chunks.call_id,
        points.talking_point,
        count(distinct chunks.chunk_key) as chunk_count
    from chunks
    inner join points on contains({{ words('chunks.chunk_text') }}, {{ words('points.phrase') }})
    left join speakers on speakers.call_id = chunks.call_id and speakers.speaker_id = chunks.speaker_id
    where coalesce(speakers.affiliation, 'unknown') != 'external'
    group by chunks.call_id, points.talking_point

)

select * from used
