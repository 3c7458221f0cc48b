with

records as (

    select * from {{ ref('base_records') }}
    where source = 'costar' and stream = 'submarket_stat'

),

typed as (

    select
        record_id,
        connection_id,
        payload:values:submarketname::varchar as submarket_name,
        payload:values:period::varchar as period_name,
        {{ costar_number('payload:values:inventoryunits') }}::number(18, 0) as inventory_units,
        {{ costar_number('payload:values:vacancyrate') }} as vacancy_pct,
        {{ costar_number('payload:values:marketaskingrentunit') }} as asking_rent_usd_per_unit,
        {{ costar_edition() }},
        {{ record_times() }}
    from records

)

select * from typed
