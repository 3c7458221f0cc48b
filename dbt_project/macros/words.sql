{#-
  Text as words between single spaces, one before and one after: a phrase is in a text when its words are in the text's.
  So "Rent-Flow's" holds "rent flow", and "current flow" does not.
-#}
{% macro words(text) -%}
    (' ' || trim(regexp_replace(lower({{ text }}), '[^a-z0-9]+', ' ')) || ' ')
{%- endmacro %}
