{{ config(materialized='incremental', incremental_strategy='delete+insert') }}

with

events as (

    {{ touched_events('custom', ['subscription']) }}

),

-- Several at one instant: a deletion, then the one received last.
one_per_instant as (

    select
        md5(record_id || '|' || coalesce(source_updated_at, received_at)::varchar) as version_id,
        record_id,
        source,
        connection_id,
        stream,
        entity_id,
        event_id,
        operation,
        payload,
        coalesce(source_updated_at, received_at) as told_at,
        max(landed_at) over (partition by record_id) as landed_at
    from events
    where operation != 'partial'
    qualify row_number() over (
        partition by record_id, told_at
        order by iff(operation = 'delete', 1, 0) desc, received_at desc, event_id desc
    ) = 1

)

select * from one_per_instant
