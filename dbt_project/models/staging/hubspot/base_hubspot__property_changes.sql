{{ config(materialized='incremental', incremental_strategy='delete+insert') }}

with

events as (

    {{ touched_events('hubspot', ['contact', 'company', 'deal', 'ticket', 'product', 'line_item', 'deal_pipeline']) }}

),

property_changes as (

    {{ observed('events.payload:propertyName::varchar', 'events.payload:propertyValue::varchar', "'property_change'") }}
    where events.operation = 'partial' and events.payload:propertyName::varchar is not null

),

merges as (

    {{ observed(
        "'hs_merged_object_ids'",
        "replace(regexp_replace(events.payload:mergedObjectIds::varchar, '[^0-9,]', ''), ',', ';')",
        "'merge'"
    ) }}
    where events.operation = 'partial' and events.payload:mergedObjectIds[0]::varchar is not null

),

-- A whole record says what every property was when it was last modified, and nothing about the time before.
versions as (

    {{ observed('property.key', 'property.value::varchar', "'version'") }}
    inner join lateral flatten(input => events.payload:properties) as property
    where
        events.operation in ('upsert', 'snapshot')
        and property.key not in ('hs_lastmodifieddate', 'lastmodifieddate', 'hs_object_id')

),

-- HubSpot keeps the history of a property and lists it where a pull asks for it.
histories as (

    {{ observed('property.key', 'version.value:value::varchar', "'history'", at=utc('version.value:timestamp')) }}
    inner join lateral flatten(input => events.payload:propertiesWithHistory) as property
    inner join lateral flatten(input => property.value) as version
    where events.operation in ('upsert', 'snapshot')

),

-- hs_v2_date_entered_<stage> (hs_date_entered_<stage> in older portals) is the last time a deal entered that stage.
stage_entries as (

    {{ observed(
        "'dealstage'",
        "regexp_replace(property.key, '^hs_(v2_)?date_entered_', '')",
        "'stage_entry'",
        at=hubspot_time('property.value::varchar')
    ) }}
    inner join lateral flatten(input => events.payload:properties) as property
    where
        events.operation in ('upsert', 'snapshot')
        and property.key like 'hs%date_entered_%'
        and property.value::varchar is not null

),

-- A pipeline's stages are its properties here: HubSpot forgets a deleted stage, and deals that were in it do not.
pipeline_stages as (

    {{ observed(
        "'stage:' || stage.value:id::varchar",
        "to_json(object_construct(
            'display_order', stage.value:displayOrder::varchar,
            'is_closed', stage.value:metadata:isClosed::varchar,
            'label', stage.value:label::varchar,
            'probability', stage.value:metadata:probability::varchar
        ))",
        "'version'"
    ) }}
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
        * exclude (property_value),
        case
            when property_name like '%date'
                then coalesce(
                    to_varchar({{ hubspot_time('property_value') }}, 'YYYY-MM-DD HH24:MI:SS.FF3'), property_value
                )
            else nullif(property_value, '')
        end as property_value
    from told

),

{{ changes_of('observations') }}

select * from changes
