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


{#-
  Whether a row of an incremental model, which keeps its `read_until()`, was written since this one last read that model.
  This one keeps the same column of the rows it was told by. For the WHERE of an incremental run.
-#}
{% macro written_since_last_run() -%}
    read_until > (select coalesce(max(read_until), '1970-01-01'::timestamp_ntz) from {{ this }})
{%- endmacro %}
