{#- A number as people write it: no decimals where there are none to tell, else two. -#}
{% macro plain_number(number) -%}
    iff(
        {{ number }} = round({{ number }}), {{ number }}::number(18, 0)::varchar, {{ number }}::number(18, 2)::varchar
    )
{%- endmacro %}
