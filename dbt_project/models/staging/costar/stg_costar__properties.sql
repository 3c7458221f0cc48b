with

records as (

    select * from {{ ref('base_records') }}
    where source = 'costar' and stream = 'property'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as property_id,
        payload:values:propertyname::varchar as property_name,
        payload:values:propertyaddress::varchar as street_address,
        payload:values:city::varchar as city,
        payload:values:state::varchar as state_code,
        nullif(payload:values:propertymanagername::varchar, '') as property_manager_name,
        payload:values:submarketname::varchar as submarket_name,
        {{ costar_number('payload:values:numberofunits') }}::number(18, 0) as units,
        {{ costar_number('payload:values:yearbuilt') }}::number(4, 0) as year_built,
        {{ costar_number('payload:values:vacancy') }} as vacancy_pct,
        {{ costar_number('payload:values:avgaskingunit') }} as asking_rent_usd_per_unit,
        {{ costar_edition() }},
        {{ record_times() }}
    from records

)

select * from typed
