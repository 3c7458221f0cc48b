{#- The id of a document, made of source, connection_id and source_record_id. -#}
{% macro document_id() -%}
    md5(source || '|' || connection_id || '|' || source_record_id)
{%- endmacro %}
