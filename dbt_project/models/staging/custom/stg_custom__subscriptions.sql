with

records as (

    select * from {{ ref('base_records') }}
    where source = 'custom' and stream = 'subscription'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as subscription_id,
        payload:data:customer_id::varchar as company_id,
        payload:data:plan::varchar as plan_name,
        payload:data:status::varchar as subscription_status,
        payload:data:units::number(18, 0) as units,
        (payload:data:unit_amount_cents::number(18, 0) / 100)::number(18, 2) as monthly_amount_per_unit,
        (units * monthly_amount_per_unit)::number(18, 2) as monthly_amount,
        {{ utc('payload:data:started_at') }} as started_at,
        {{ utc('payload:data:ended_at') }} as ended_at,
        {{ record_times() }}
    from records

)

select * from typed
