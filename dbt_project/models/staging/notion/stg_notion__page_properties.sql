with

pages as (

    select
        record_id,
        connection_id,
        page_id,
        properties,
        is_deleted
    from {{ ref('stg_notion__pages') }}

),

typed as (

    select
        md5(pages.record_id || '|' || (property.value:id::varchar)) as property_key,
        pages.connection_id,
        pages.page_id,
        property.value:id::varchar as property_id,
        property.key::varchar as property_name,
        property.value:type::varchar as property_type,
        get(property.value, property.value:type::varchar) as property_value,
        pages.is_deleted
    from pages
    inner join lateral flatten(input => pages.properties) as property

)

select * from typed
