{{
    config(
        materialized='incremental',
        unique_key='record_id',
        incremental_strategy='delete+insert',
        on_schema_change='fail',
    )
}}

with

events as (

    {{ touched_events('slack', ['channel']) }}

),

told as (

    select
        *,
        payload:event:type::varchar as event_type,
        -- conversations.list gives no `updated` for some channels; then the reading itself is the best clock.
        coalesce(source_updated_at, received_at) as observed_at
    from events
    where operation != 'delete'

),

observations as (

    select
        record_id,
        source,
        connection_id,
        stream,
        entity_id,
        'name' as property_name,
        coalesce(payload:event:channel:name::varchar, payload:name::varchar) as property_value,
        iff(operation = 'partial', 'partial', 'version') as evidence,
        observed_at,
        received_at,
        event_id,
        landed_at
    from told
    where operation != 'partial' or event_type in ('channel_created', 'channel_rename')

    union all

    select
        record_id,
        source,
        connection_id,
        stream,
        entity_id,
        'is_archived' as property_name,
        case
            when event_type = 'channel_archive' then 'true'
            when event_type in ('channel_created', 'channel_unarchive') then 'false'
            else coalesce(payload:is_archived::boolean, false)::varchar
        end as property_value,
        iff(operation = 'partial', 'partial', 'version') as evidence,
        observed_at,
        received_at,
        event_id,
        landed_at
    from told
    where operation != 'partial' or event_type in ('channel_created', 'channel_archive', 'channel_unarchive')

),

{{ changes_of('observations') }}

select * from changes
