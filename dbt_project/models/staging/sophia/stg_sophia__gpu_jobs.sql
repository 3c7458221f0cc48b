with

records as (

    select * from {{ ref('base_records') }}
    where source = 'sophia' and stream = 'gpu_job'

),

typed as (

    select
        record_id,
        entity_id as job_id,
        payload:kind::varchar as kind,
        payload:model_version::varchar as model_version,
        payload:outcome::varchar as outcome,
        payload:place::varchar as place,
        payload:reason::varchar as reason,
        try_to_number(payload:attempts::varchar) as attempts,
        try_to_number(payload:documents::varchar) as documents,
        try_to_number(payload:chunks::varchar) as chunks,
        try_to_number(payload:tokens::varchar) as tokens,
        try_to_decimal(payload:cost_usd::varchar, 18, 4) as cost_usd,
        {{ utc('payload:created_at') }} as created_at,
        {{ utc('payload:ended_at') }} as ended_at,
        {{ record_times() }}
    from records

)

select * from typed
