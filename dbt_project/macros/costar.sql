{#- A number as exports spell it ("$1,240", "8.5%"); NULL for "-", "Withheld" and whatever else is none. -#}
{% macro costar_number(text) -%}
    try_to_decimal(regexp_replace({{ text }}::varchar, '[$,%]', ''), 18, 4)
{%- endmacro %}


{#- A day as exports spell it, 10/31/2026 in CSV and 2026-10-31 from a workbook; NULL where it is none. -#}
{% macro costar_date(text) -%}
    try_to_date(
        iff(
            split_part({{ text }}::varchar, '/', 3) = '',
            {{ text }}::varchar,
            split_part({{ text }}::varchar, '/', 3)
            || '-' || lpad(split_part({{ text }}::varchar, '/', 1), 2, '0')
            || '-' || lpad(split_part({{ text }}::varchar, '/', 2), 2, '0')
        )
    )
{%- endmacro %}


{#-
  What every row of an export tells about its edition. It is listed while the newest whole edition of its saved search
  holds it; a partial export tells nothing about what it leaves out.
-#}
{% macro costar_edition() -%}
    payload:search::varchar as saved_search,
    payload:file::varchar as file_name,
    try_to_decimal(payload:row::varchar, 18, 0) as file_row,
    try_to_date(payload:as_of::varchar) as as_of_date,
    as_of_date >= coalesce(
        max(iff(operation = 'snapshot', try_to_date(payload:as_of::varchar), null)) over (
            partition by connection_id, payload:search::varchar
        ),
        as_of_date
    ) as is_listed
{%- endmacro %}
