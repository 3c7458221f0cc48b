with

jobs as (

    select * from {{ ref('stg_sophia__gpu_jobs') }}

),

measured as (

    select
        job_id::varchar as job_id,
        kind::varchar as kind,
        model_version::varchar as model_version,
        outcome::varchar as outcome,
        place::varchar as place,
        reason::varchar as reason,
        attempts::number(9, 0) as attempts,
        documents::number(18, 0) as documents,
        chunks::number(18, 0) as chunks,
        tokens::number(18, 0) as tokens,
        cost_usd::number(18, 4) as cost_usd,
        (cost_usd * 1000 / nullif(chunks, 0))::number(18, 6) as cost_usd_per_1000_chunks,
        datediff('second', created_at, ended_at)::number(18, 0) as lasted_s,
        {{ business_date('ended_at') }}::date as ended_on,
        created_at::timestamp_ntz as created_at,
        ended_at::timestamp_ntz as ended_at
    from jobs

)

select * from measured
