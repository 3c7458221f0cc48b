with

chunks as (

    select * from {{ ref('int_calls__chunks') }}

),

points as (

    select * from {{ ref('talking_points') }}

),

used as (

    select
        md5(chunks.call_id || '|' || points.talking_point) as talking_point_key,
        chunks.call_id,
        points.talking_point,
        count(*) as chunk_count
    from chunks
    inner join points on contains({{ words('chunks.chunk_text') }}, {{ words('points.phrase') }})
    group by chunks.call_id, points.talking_point

)

select * from used
