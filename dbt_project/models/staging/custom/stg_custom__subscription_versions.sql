with

versions as (

    select * from {{ ref('base_custom__subscription_versions') }}

),

typed as (

    select
        version_id,
        record_id,
        connection_id,
        entity_id as subscription_id,
        payload:data:customer_id::varchar as company_id,
        payload:data:plan::varchar as plan_name,
        payload:data:status::varchar as subscription_status,
        try_to_decimal(payload:data:units::varchar, 18, 0) as units,
        (
            try_to_decimal(payload:data:unit_amount_cents::varchar, 18, 0) / 100
        )::number(18, 2) as monthly_amount_per_unit,
        (units * monthly_amount_per_unit)::number(18, 2) as monthly_amount,
        operation = 'delete' as is_deleted,
        lag(told_at) over (partition by record_id order by told_at) is null as is_first,
        {{ utc('payload:data:started_at') }} as started_at,
        {{ utc('payload:data:ended_at') }} as ended_at,
        told_at as valid_from,
        lead(told_at) over (partition by record_id order by told_at) as valid_to
    from versions

)

select * from typed
