{#- Whether a row's model_version is that of the entry whose slug a variable names; the slug as gpu_jobs/models.py makes it. -#}
{% macro is_of_model(model_version, variable) -%}
    trim(regexp_replace(lower({{ model_version }}), '[^a-z0-9]+', '_'), '_') = '{{ var(variable) }}'
{%- endmacro %}
