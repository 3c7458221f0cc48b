with

events as (

    select * from {{ source('raw_data', 'events') }}
    where source in ('{{ var("sophia_sources_enabled") | join("', '") }}')

),

records as (
    {% for source_name in var('sophia_sources_enabled') %}
    select
        source,
        connection_id,
        stream,
        event_count,
        is_deleted
    from {{ ref('base_' ~ source_name ~ '__records') }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

landed as (

    select
        source,
        connection_id,
        stream,
        count(*) as rows_landed,
        count(distinct event_id) as events_landed,
        count(distinct iff(lane = 'webhook', event_id, null)) as webhook_events,
        count(distinct iff(lane = 'pull', event_id, null)) as pull_events,
        max(received_at) as last_received_at
    from events
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
