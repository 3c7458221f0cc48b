{#- A Salesforce clock as a UTC instant: REST writes +0000, which Snowflake does not read beside a T; Bulk writes Z. -#}
{% macro salesforce_time(text) -%}
    {{ utc("replace(" ~ text ~ "::varchar, '+0000', 'Z')") }}
{%- endmacro %}


{#- The newest versions of a kind of Salesforce record, as the CTE `records`. -#}
{% macro salesforce_records(stream) -%}
records as (

    select * from {{ ref('base_records') }}
    where source = 'salesforce' and stream = '{{ stream }}'

)
{%- endmacro %}
