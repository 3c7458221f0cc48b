{#-
  The distinct events of every record that something landed for since the last run; of all records in a full refresh.
  Of every source, or of some streams of one.

  All events of a touched record are read again, however old, so late, repeated and shuffled arrivals end in the same
  rows as one run over everything. Copies of an event share event_id; the copy received last stands for them. The
  watermark is arrival (landed_at), never the vendor's clock, with an overlap because loads commit out of order. What
  has such an entity_id is asked for first: by one column a warehouse leaves out what cannot match before it reads the
  others, payloads among them. Whoever asked to be erased is not in them; when somebody did since the last run,
  everything is read again.
-#}
{% macro touched_events(source_name=none, streams=none) -%}
    {%- set events = source('raw_data', 'events') -%}
    {%- set wanted -%}
        {%- if source_name -%}
        source = '{{ source_name }}' and stream in ('{{ streams | join("', '") }}')
        {%- else -%}
        true
        {%- endif -%}
    {%- endset -%}
    {%- set since_last_run -%}
        landed_at >= {{ read_again_from() }}
    {%- endset -%}
    {%- set must_redact = erasure_was_asked_for() -%}
    {%- set must_read_all = must_redact and is_incremental() and erasure_was_asked_for(since_last_run) -%}
    {%- if must_redact -%}
    with

    told as (

    {% endif -%}
    select
        md5(source || '|' || connection_id || '|' || stream || '|' || entity_id) as record_id,
        event_id,
        source,
        connection_id,
        stream,
        entity_id,
        operation,
        lane,
        source_version,
        payload,
        occurred_at,
        source_updated_at,
        received_at,
        min(received_at) over (partition by source, connection_id, stream, entity_id, event_id) as first_received_at,
        max(landed_at) over (partition by source, connection_id, stream, entity_id, event_id) as landed_at
    from {{ events }}
    where
        {{ wanted }}
        {%- if is_incremental() and not must_read_all %}
        and entity_id in (
            select entity_id
            from {{ events }}
            where
                {{ wanted }}
                and {{ since_last_run }}
        )
        and (source, connection_id, stream, entity_id) in (
            select
                source,
                connection_id,
                stream,
                entity_id
            from {{ events }}
            where
                {{ wanted }}
                and {{ since_last_run }}
        )
        {%- endif %}
    qualify row_number() over (
        partition by source, connection_id, stream, entity_id, event_id
        order by received_at desc, object_key desc
    ) = 1
    {%- if must_redact %}

    ),

    {{ redacted_events() }}

    select * from redacted
    {%- endif %}
{%- endmacro %}
