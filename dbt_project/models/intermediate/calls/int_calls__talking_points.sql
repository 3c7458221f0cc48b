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

understood_calls as (

    select distinct call_id from {{ ref('int_calls__understood') }}

),

understood_points as (

    select * from {{ ref('int_calls__understood_claims') }}
    where claim_kind = 'talking_point'

),

-- A customer who says the word has not heard our point.
ours as (

    select
        chunks.chunk_key,
        chunks.call_id,
        chunks.chunk_number,
        chunks.chunk_text,
        understood_calls.call_id is not null as is_understood
    from chunks
    left join speakers on speakers.call_id = chunks.call_id and speakers.speaker_id = chunks.speaker_id
    left join understood_calls on understood_calls.call_id = chunks.call_id
    where coalesce(speakers.affiliation, 'unknown') != 'external'

),

made as (

    select
        ours.chunk_key,
        ours.call_id,
        points.talking_point
    from ours
    inner join points on contains({{ words('ours.chunk_text') }}, {{ words('points.phrase') }})
    where not ours.is_understood

    union all

    select
        ours.chunk_key,
        ours.call_id,
        understood_points.label as talking_point
    from ours
    inner join understood_points
        on understood_points.call_id = ours.call_id
        and understood_points.monologue_number = ours.chunk_number

),

used as (

    select
        md5(call_id || '|' || talking_point) as talking_point_key,
        call_id,
        talking_point,
        count(distinct chunk_key) as chunk_count
    from made
    group by call_id, talking_point

)

select * from used
