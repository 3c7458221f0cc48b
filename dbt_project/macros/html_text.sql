{#- What HTML says: a line for each block, no tags, the commonest entities as characters. -#}
{% macro html_text(html) -%}
    {%- set lines = "regexp_replace(" ~ html ~ ", '<(br|/p|/div|/li|/h[1-6]|/tr)[^>]*>', '\\n')" -%}
    {%- set told = namespace(text="regexp_replace(" ~ lines ~ ", '<[!/]?[A-Za-z][^>]*>', '')") -%}
    {%- for entity, character in [('&nbsp;', ' '), ('&lt;', '<'), ('&gt;', '>'), ('&quot;', '"'), ('&amp;', '&')] -%}
        {%- set told.text = "replace(" ~ told.text ~ ", '" ~ entity ~ "', '" ~ character ~ "')" -%}
    {%- endfor -%}
    regexp_replace({{ told.text }}, '^[ \n]+|[ \n]+$', '')
{%- endmacro %}
