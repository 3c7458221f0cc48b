{#-
  A condition on a column of views over base_records that holds for every record of these streams ('slack/message') of
  which anything landed since the last run of this model, and for few others. True in a full refresh.

  The column holds first_received_at or last_received_at of the record; recorded_as says which, where it has a name of
  its own. What landed since the last run is found by landed_at, with the overlap; then the earliest instant at which
  one of these records was received stands in the condition as a constant, so that a warehouse reads no further back,
  and no payload of older records is taken apart.
  The model keeps `read_until()` as its column read_until. Where `still_holds` holds for none of its rows, all is read.
-#}
{% macro received_since_last_run(streams, column, recorded_as=none, still_holds='true') -%}
    {%- set records = ref('base_records') -%}
    {%- if not execute or not is_incremental() -%}{{ return('true') }}{%- endif -%}
    {#- Column by column: a warehouse leaves out whatever holds only other sources. -#}
    {%- set asked -%}
        select min({{ recorded_as or column }})
        from {{ records }}
        where
            (
                {%- for one in streams %}
                {{ 'or ' if not loop.first }}(source = '{{ one.split('/')[0] }}' and stream = '{{ one.split('/')[1] }}')
                {%- endfor %}
            )
            and (
                landed_at >= {{ read_again_from('read_until') }}
                or not exists (select 1 from {{ this }} where {{ still_holds }})
            )
    {%- endset -%}
    {%- set since = run_query(asked).columns[0].values()[0] -%}
    {{ return(column ~ " >= '" ~ since ~ "'::timestamp_ntz" if since else 'false') }}
{%- endmacro %}


{#- How far base_records had been read: what landed by then is in this run. -#}
{% macro read_until() -%}
    (select max(landed_at) from {{ ref('base_records') }})
{%- endmacro %}
