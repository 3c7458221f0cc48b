{{ config(materialized='incremental', incremental_strategy='delete+insert') }}

{%- set event_type = 'events.payload:event:type::varchar' %}
{%- set evidence = "iff(events.operation = 'partial', 'partial', 'version')" %}

with

events as (

    {{ touched_events('slack', ['channel']) }}

),

-- conversations.list gives no `updated` for some channels; then the reading itself is the best clock.
observations as (

    {{ observed(
        "'name'", 'coalesce(events.payload:event:channel:name::varchar, events.payload:name::varchar)', evidence
    ) }}
    where
        events.operation not in ('partial', 'delete')
        or {{ event_type }} in ('channel_created', 'channel_rename')

    union all

    {{ observed(
        "'is_archived'",
        "case
            when " ~ event_type ~ " = 'channel_archive' then 'true'
            when " ~ event_type ~ " in ('channel_created', 'channel_unarchive') then 'false'
            else coalesce(try_to_boolean(events.payload:is_archived::varchar), false)::varchar
        end",
        evidence
    ) }}
    where
        events.operation not in ('partial', 'delete')
        or {{ event_type }} in ('channel_created', 'channel_archive', 'channel_unarchive')

),

{{ changes_of('observations') }}

select * from changes
