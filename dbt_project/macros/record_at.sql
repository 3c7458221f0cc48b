{#- The record inside a payload: a webhook wraps it under a key, a pull lists it bare. -#}
{% macro record_at(path) -%}
    coalesce(payload:{{ path }}, payload)
{%- endmacro %}


{#- Columns that every staged record ends with: is it gone, and when did we hear of it. -#}
{% macro record_times() -%}
    is_deleted,
    deleted_at,
    source_updated_at,
    first_received_at,
    last_received_at
{%- endmacro %}
