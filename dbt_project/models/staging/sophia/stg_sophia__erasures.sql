with

records as (

    select * from {{ ref('base_records') }}
    where source = 'sophia' and stream = 'erasure'

),

typed as (

    select
        record_id,
        entity_id as request_id,
        array_size(payload:subject_hashes) as subject_count,
        {{ utc('payload:requested_at') }} as requested_at,
        {{ record_times() }}
    from records

)

select * from typed
