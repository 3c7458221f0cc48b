with

records as (

    select
        *,
        {{ record_at('data') }} as customer
    from {{ ref('base_records') }}
    where source = 'linear' and stream = 'customer'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as customer_id,
        coalesce(customer:owner:id::varchar, customer:ownerId::varchar) as owner_id,
        customer:name::varchar as customer_name,
        customer:status:name::varchar as status_name,
        customer:tier:name::varchar as tier_name,
        customer:domains as domains,
        customer:externalIds as external_ids,
        try_to_double(customer:revenue::varchar) as revenue,
        try_to_double(customer:size::varchar) as size,
        {{ utc('customer:createdAt') }} as created_at,
        {{ record_times() }}
    from records

)

select * from typed
