with

stages as (

    select
        record_id,
        connection_id,
        entity_id as pipeline_id,
        substr(property_name, 7) as stage_id,
        parse_json(property_value) as stage
    from {{ ref('base_hubspot__property_changes') }}
    where stream = 'deal_pipeline' and is_current and property_name like 'stage:%'

),

pipelines as (

    select * from {{ ref('base_records') }}
    where source = 'hubspot' and stream = 'deal_pipeline'

),

-- A stage that the newest listing of its pipeline lacks was deleted; deals that were in it still need its label.
listed as (

    select
        pipelines.record_id,
        stage.value:id::varchar as stage_id
    from pipelines
    inner join lateral flatten(input => pipelines.payload:stages) as stage

),

typed as (

    select
        md5(stages.record_id || '|' || stages.stage_id) as stage_key,
        stages.connection_id,
        stages.pipeline_id,
        stages.stage_id,
        pipelines.payload:label::varchar as pipeline_label,
        stages.stage:label::varchar as stage_label,
        try_to_number(stages.stage:display_order::varchar) as display_order,
        try_to_decimal(stages.stage:probability::varchar, 5, 4) as probability,
        coalesce(stages.stage:is_closed::varchar = 'true', false) as is_closed,
        listed.stage_id is null or pipelines.is_deleted as is_deleted
    from stages
    inner join pipelines on pipelines.record_id = stages.record_id
    left join listed on listed.record_id = stages.record_id and listed.stage_id = stages.stage_id

)

select * from typed
