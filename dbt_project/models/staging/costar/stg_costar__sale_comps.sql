with

records as (

    select * from {{ ref('base_records') }}
    where source = 'costar' and stream = 'sale_comp'

),

typed as (

    select
        record_id,
        connection_id,
        entity_id as sale_comp_id,
        payload:values:propertyid::varchar as property_id,
        payload:values:buyer::varchar as buyer_name,
        payload:values:seller::varchar as seller_name,
        {{ costar_number('payload:values:saleprice') }} as sale_price_usd,
        {{ costar_number('payload:values:caprate') }} as cap_rate_pct,
        {{ costar_date('payload:values:saledate') }} as sold_on,
        {{ costar_edition() }},
        {{ record_times() }}
    from records

)

select * from typed
