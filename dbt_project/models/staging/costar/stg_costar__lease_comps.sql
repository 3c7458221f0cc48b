with

records as (

    select * from {{ ref('base_records') }}
    where source = 'costar' and stream = 'lease_comp'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as lease_comp_id,
        payload:values:propertyid::varchar as property_id,
        payload:values:tenantname::varchar as tenant_name,
        {{ costar_number('payload:values:sfleased') }}::number(18, 0) as leased_sqft,
        {{ costar_number('payload:values:startingrent') }} as starting_rent_usd_per_sqft,
        {{ costar_date('payload:values:signdate') }} as signed_on,
        {{ costar_date('payload:values:expirationdate') }} as expires_on,
        {{ costar_edition() }},
        {{ record_times() }}
    from records

)

select * from typed
