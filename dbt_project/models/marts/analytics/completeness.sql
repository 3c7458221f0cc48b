with

events as (

    select * from {{ source('raw_data', 'events') }}

),

records as (

    select * from {{ ref('base_records') }}

),

-- What landed while this run was under way is the next run's: staging was read before it came.
read_until as (

    select max(landed_at) as last_landed_at
    from records

),

-- Copies of an event share its id; they may have come by both lanes.
distinct_events as (

    select
        events.source,
        events.connection_id,
        events.stream,
        events.event_id,
        count(*) as copies,
        count_if(events.lane = 'webhook') > 0 as is_by_webhook,
        count_if(events.lane = 'pull') > 0 as is_by_pull,
        max(events.received_at) as last_received_at
    from events
    cross join read_until
    where events.landed_at <= coalesce(read_until.last_landed_at, events.landed_at)
    group by events.source, events.connection_id, events.stream, events.event_id

),

landed as (

    select
        source,
        connection_id,
        stream,
        sum(copies) as rows_landed,
        count(*) as events_landed,
        count_if(is_by_webhook) as webhook_events,
        count_if(is_by_pull) as pull_events,
        max(last_received_at) as last_received_at
    from distinct_events
    group by source, connection_id, stream

),

staged as (

    select
        source,
        connection_id,
        stream,
        sum(event_count) as events_staged,
        count(*) as records_staged
    from records
    group by source, connection_id, stream

),

compared as (

    select
        md5(landed.source || '|' || landed.connection_id || '|' || landed.stream) as completeness_key,
        landed.source,
        landed.connection_id,
        landed.stream,
        landed.events_landed::number(18, 0) as landed,
        (landed.rows_landed - landed.events_landed)::number(18, 0) as duplicates,
        landed.webhook_events::number(18, 0) as landed_by_webhook,
        landed.pull_events::number(18, 0) as landed_by_pull,
        coalesce(staged.events_staged, 0)::number(18, 0) as staged,
        coalesce(staged.records_staged, 0)::number(18, 0) as records,
        iff(landed.stream = 'quarantine', landed.events_landed, 0)::number(18, 0) as quarantined,
        landed.last_received_at
    from landed
    left join staged
        on staged.source = landed.source
        and staged.connection_id = landed.connection_id
        and staged.stream = landed.stream

)

select * from compared
