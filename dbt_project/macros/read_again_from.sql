{#-
  The instant from which an incremental model reads again: the newest it has in this column, less the overlap, because
  rows commit out of order; the beginning of time where it has none. In parentheses.
-#}
{% macro read_again_from(column='landed_at') -%}
    (
        select coalesce(dateadd(minute, -{{ var('overlap_minutes') }}, max({{ column }})), '1970-01-01'::timestamp_ntz)
        from {{ this }}
    )
{%- endmacro %}
