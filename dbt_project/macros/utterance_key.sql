{#- Of what was said or written, the same in whichever model tells of it. -#}
{% macro utterance_key(source_system, source_record_id, utterance_id) -%}
    md5({{ source_system }} || '|' || {{ source_record_id }} || '|' || {{ utterance_id }})
{%- endmacro %}
