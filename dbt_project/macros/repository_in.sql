{#- owner/name out of a GitHub API URL, https://host[/api/v3]/repos/owner/name/…: pulled records name their repository only so. -#}
{% macro repository_in(url) -%}
    nullif(regexp_replace({{ url }}::varchar, '^.*/repos/([^/]+/[^/]+).*$', '\\1'), {{ url }}::varchar)
{%- endmacro %}
