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

    {{ touched_events('hubspot', ['contact', 'company', 'deal', 'ticket', 'product', 'line_item', 'deal_pipeline']) }}

),

property_changes as (

    select
        record_id,
        source,
        connection_id,
        stream,
        entity_id,
        payload:propertyName::varchar as property_name,
        payload:propertyValue::varchar as property_value,
        'property_change' as evidence,
        coalesce(source_updated_at, received_at) as observed_at,
        received_at,
        event_id,
        landed_at
    from events
    where operation = 'partial' and payload:propertyName::varchar is not null

),

merges as (

    select
        record_id,
        source,
        connection_id,
        stream,
        entity_id,
        'hs_merged_object_ids' as property_name,
        replace(regexp_replace(payload:mergedObjectIds::varchar, '[^0-9,]', ''), ',', ';') as property_value,
        'merge' as evidence,
        coalesce(source_updated_at, received_at) as observed_at,
        received_at,
        event_id,
        landed_at
    from events
    where operation = 'partial' and payload:mergedObjectIds[0]::varchar is not null

),

-- A whole record says what every property was when it was last modified, and nothing about the time before.
versions as (

    select
        events.record_id,
        events.source,
        events.connection_id,
        events.stream,
        events.entity_id,
        property.key as property_name,
        property.value::varchar as property_value,
        'version' as evidence,
        coalesce(events.source_updated_at, events.received_at) as observed_at,
        events.received_at,
        events.event_id,
        events.landed_at
    from events
    inner join lateral flatten(input => events.payload:properties) as property
    where
        events.operation in ('upsert', 'snapshot')
        and property.key not in ('hs_lastmodifieddate', 'lastmodifieddate', 'hs_object_id')

),

-- HubSpot keeps the history of a property and lists it where a pull asks for it.
histories as (

    select
        events.record_id,
        events.source,
        events.connection_id,
        events.stream,
        events.entity_id,
        property.key as property_name,
        version.value:value::varchar as property_value,
        'history' as evidence,
        {{ utc('version.value:timestamp') }} as observed_at,
        events.received_at,
        events.event_id,
        events.landed_at
    from events
    inner join lateral flatten(input => events.payload:propertiesWithHistory) as property
    inner join lateral flatten(input => property.value) as version
    where events.operation in ('upsert', 'snapshot')

),

-- hs_v2_date_entered_<stage> (hs_date_entered_<stage> in older portals) is the last time a deal entered that stage.
stage_entries as (

    select
        record_id,
        source,
        connection_id,
        stream,
        entity_id,
        'dealstage' as property_name,
        regexp_replace(property_name, '^hs_(v2_)?date_entered_', '') as property_value,
        'stage_entry' as evidence,
        {{ hubspot_time('property_value') }} as observed_at,
        received_at,
        event_id,
        landed_at
    from versions
    where property_name like 'hs%date_entered_%' and property_value is not null

),

-- A pipeline's stages are its properties here: HubSpot forgets a deleted stage, and deals that were in it do not.
pipeline_stages as (

    select
        events.record_id,
        events.source,
        events.connection_id,
        events.stream,
        events.entity_id,
        'stage:' || stage.value:id::varchar as property_name,
        to_json(object_construct(
            'display_order', stage.value:displayOrder::varchar,
            'is_closed', stage.value:metadata:isClosed::varchar,
            'label', stage.value:label::varchar,
            'probability', stage.value:metadata:probability::varchar
        )) as property_value,
        'version' as evidence,
        coalesce(events.source_updated_at, events.received_at) as observed_at,
        events.received_at,
        events.event_id,
        events.landed_at
    from events
    inner join lateral flatten(input => events.payload:stages) as stage
    where events.stream = 'deal_pipeline' and events.operation in ('upsert', 'snapshot')

),

told as (

    select * from property_changes
    union all
    select * from merges
    union all
    select * from versions
    union all
    select * from histories
    union all
    select * from stage_entries
    union all
    select * from pipeline_stages

),

-- One spelling: webhooks say "" where the listing says null, and milliseconds where it says ISO 8601.
observations as (

    select
        record_id,
        source,
        connection_id,
        stream,
        entity_id,
        property_name,
        case
            when property_name like '%date' then
                coalesce(to_varchar({{ hubspot_time('property_value') }}, 'YYYY-MM-DD HH24:MI:SS.FF3'), property_value)
            else nullif(property_value, '')
        end as property_value,
        evidence,
        observed_at,
        received_at,
        event_id,
        landed_at
    from told

),

{{ changes_of('observations') }}

select * from changes
