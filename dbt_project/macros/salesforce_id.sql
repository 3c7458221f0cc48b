{#- Salesforce writes an id with 15 characters or with 18: the last three only tell the case of the others. -#}
{% macro salesforce_id(column) -%}
    left({{ column }}, 15)
{%- endmacro %}
