{#-
  Delete what GPU workers made of texts that no document says any more: edited, deleted or erased. Of every model's vectors,
  also those that do not serve. Runs behind model documents; results that arrive later go with the next run.

  An empty table of documents is a mishap, and forgets nothing.
-#}
{% macro forget_old_texts(documents) -%}
    {%- set memory = source('ai_memory', 'chunks') -%}
    {%- set tables = ['CHUNKS', 'ENRICHMENTS', 'REFUSALS'] -%}
    {%- if execute -%}
        {%- set found = run_query(
            "select table_name from " ~ memory.database ~ ".information_schema.tables"
            ~ " where table_schema = '" ~ memory.schema ~ "' and startswith(table_name, 'EMBEDDINGS__')"
        ) -%}
        {%- for name in found.columns[0].values() -%}{%- do tables.append(name) -%}{%- endfor -%}
    {%- endif -%}
    {%- for table in tables -%}
        {%- call statement('forget ' ~ table, fetch_result=false) %}
    delete from {{ memory.database }}.{{ memory.schema }}.{{ table }}
    where
        content_hash in (
            select made.content_hash
            from {{ memory.database }}.{{ memory.schema }}.{{ table }} as made
            left join {{ documents }} as documents on documents.content_hash = made.content_hash
            where documents.content_hash is null
        )
        and exists (select 1 from {{ documents }})
        {%- endcall -%}
    {%- endfor -%}
{%- endmacro %}
