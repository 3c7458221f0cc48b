{#- A hash of the column `entry` of a query, in no order: it changes when a row comes, goes or changes. -#}
{% macro contents_key(entries) -%}
    (
        select md5(listagg(entry, '|') within group (order by entry))
        from (
            {{ entries }}
        )
    )
{%- endmacro %}
