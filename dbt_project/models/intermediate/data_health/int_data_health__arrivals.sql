{#-
  Of every event the hour in which its first copy landed, and its first copy of each lane. A run counts the hours anew
  that it, or the one before, saw landing, and reads all copies of the events in them, however old: earlier hours never
  change, as RAW_DATA.EVENTS is only added to.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='arrivals_key',
    on_schema_change='fail',
) }}

{%- set events = source('raw_data', 'events') %}
{%- set since = "date_trunc('hour', " ~ read_again_from() ~ ")" %}

with

-- What landed while this run was under way is the next run's: staging was read before it came.
copies as (

    select
        source,
        connection_id,
        stream,
        event_id,
        lane,
        received_at,
        landed_at,
        date_trunc('hour', landed_at) as landed_hour_at
    from {{ events }}
    where
        landed_at <= {{ read_until() }}
        {%- if is_incremental() %}
        and event_id in (
            select event_id
            from {{ events }}
            where landed_at >= {{ since }}
        )
        {%- endif %}

),

distinct_events as (

    select
        source,
        connection_id,
        stream,
        event_id,
        min(landed_hour_at) as first_hour_at,
        min(iff(lane = 'webhook', landed_hour_at, null)) as first_webhook_hour_at,
        min(iff(lane = 'pull', landed_hour_at, null)) as first_pull_hour_at
    from copies
    group by source, connection_id, stream, event_id

),

counted as (

    select
        source,
        connection_id,
        stream,
        landed_hour_at,
        count(*) as rows_landed,
        0 as events_landed,
        0 as webhook_events,
        0 as pull_events,
        max(received_at) as last_received_at,
        max(landed_at) as landed_at
    from copies
    group by source, connection_id, stream, landed_hour_at

    {%- for hour_at, events_of in (
        ('first_hour_at', (1, 0, 0)), ('first_webhook_hour_at', (0, 1, 0)), ('first_pull_hour_at', (0, 0, 1))
    ) %}

    union all

    select
        source,
        connection_id,
        stream,
        {{ hour_at }} as landed_hour_at,
        0 as rows_landed,
        {{ events_of[0] }} * count(*) as events_landed,
        {{ events_of[1] }} * count(*) as webhook_events,
        {{ events_of[2] }} * count(*) as pull_events,
        null as last_received_at,
        null as landed_at
    from distinct_events
    where {{ hour_at }} is not null
    group by source, connection_id, stream, {{ hour_at }}
    {%- endfor %}

),

arrivals as (

    select
        md5(source || '|' || connection_id || '|' || stream || '|' || landed_hour_at::varchar) as arrivals_key,
        source,
        connection_id,
        stream,
        landed_hour_at,
        sum(rows_landed)::number(18, 0) as rows_landed,
        sum(events_landed)::number(18, 0) as events_landed,
        sum(webhook_events)::number(18, 0) as webhook_events,
        sum(pull_events)::number(18, 0) as pull_events,
        max(last_received_at) as last_received_at,
        max(landed_at) as landed_at
    from counted
    {%- if is_incremental() %}
    where landed_hour_at >= {{ since }}
    {%- endif %}
    group by source, connection_id, stream, landed_hour_at

)

select * from arrivals
