with

arrivals as (

    select * from {{ ref('int_data_health__arrivals') }}

),

records as (

    select * from {{ ref('base_records') }}

),

landed as (

    select
        source,
        connection_id,
        stream,
        sum(rows_landed) as rows_landed,
        sum(events_landed) as events_landed,
        sum(webhook_events) as webhook_events,
        sum(pull_events) as pull_events,
        max(last_received_at) as last_received_at
    from arrivals
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
