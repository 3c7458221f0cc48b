{#-
  CTEs `records` and `properties` of one HubSpot object type; properties has a column per wanted name, newest value.
  wanted maps our column to HubSpot's property.
-#}
{% macro hubspot_objects(stream, wanted) -%}
records as (

    select * from {{ ref('base_records') }}
    where source = 'hubspot' and stream = '{{ stream }}'

),

properties as (

    select
        record_id
        {%- for column, property in wanted.items() %},
        max(iff(property_name = '{{ property }}', property_value, null)) as {{ column }}
        {%- endfor %}
    from {{ ref('base_hubspot__property_changes') }}
    where stream = '{{ stream }}' and is_current
    group by record_id

),

merges as (

    select * from {{ ref('stg_hubspot__merges') }}
    where object_type = '{{ stream }}'

)
{%- endmacro %}
