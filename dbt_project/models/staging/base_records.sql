{#-
  The vendor's clock orders versions; of two with the same clock a delete wins (GitHub's `deleted` carries the record's
  last updated_at, and a redelivered edit may come after it), then the vendor's version, then the arrival at the edge.
  A delete older than the newest version is void: the record was restored. A source whose vendor has no clock says by
  source_version which of its lanes tells more (docs/decisions/newest-version.md).

  One table for all sources: a new one edits nothing here, and a run merges once however many there are.
-#}
{{ config(materialized='incremental', incremental_strategy='merge', cluster_by=['source', 'stream']) }}

{%- set newest_first -%}
    source_updated_at desc nulls last,
            iff(operation = 'delete', 1, 0) desc,
            source_version desc nulls last,
            received_at desc,
            event_id desc
{%- endset %}

with

events as (

    {{ touched_events() }}

),

newest as (

    select * from events
    qualify row_number() over (
        partition by record_id
        order by
            {{ newest_first }}
    ) = 1

),

-- What a partial update or a delete leaves out is in the newest version that carried the whole record. Some deletes do.
newest_whole as (

    select * from events
    where operation in ('upsert', 'snapshot', 'event') or (operation = 'delete' and source_version = 'whole')
    qualify row_number() over (
        partition by record_id
        order by
            {{ newest_first }}
    ) = 1

),

arrivals as (

    select
        record_id,
        count(distinct event_id) as event_count,
        min(first_received_at) as first_received_at,
        max(received_at) as last_received_at,
        max(landed_at) as landed_at
    from events
    group by record_id

),

records as (

    select
        newest.record_id,
        newest.source,
        newest.connection_id,
        newest.stream,
        newest.entity_id,
        newest.event_id as last_event_id,
        newest_whole.event_id as payload_event_id,
        newest.operation,
        newest.lane,
        newest.source_version,
        newest_whole.payload,
        arrivals.event_count,
        newest.operation = 'delete' as is_deleted,
        iff(newest.operation = 'delete', coalesce(newest.source_updated_at, newest.received_at), null) as deleted_at,
        newest.source_updated_at,
        coalesce(newest_whole.occurred_at, newest.occurred_at) as occurred_at,
        arrivals.first_received_at,
        arrivals.last_received_at,
        arrivals.landed_at
    from newest
    inner join arrivals on arrivals.record_id = newest.record_id
    left join newest_whole on newest_whole.record_id = newest.record_id

)

select * from records
