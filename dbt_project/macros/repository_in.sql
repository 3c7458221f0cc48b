{#-
  owner/name of the repository a GitHub payload is about: a webhook says it, a pulled record only within its API URL,
  https://host[/api/v3]/repos/owner/name/…
-#}
{% macro repository_in(url) -%}
    coalesce(
        payload:repository:full_name::varchar,
        nullif(regexp_replace({{ url }}::varchar, '^.*/repos/([^/]+/[^/]+).*$', '\\1'), {{ url }}::varchar)
    )
{%- endmacro %}
