{#- Whether a user of GitHub is an application: its type says so, or the end of its login. -#}
{% macro is_github_bot(user) -%}
    coalesce({{ user }}:type::varchar = 'Bot' or {{ user }}:login::varchar like '%[bot]', false)
{%- endmacro %}
