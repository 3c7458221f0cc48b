with

hubspot_states as (

    select * from {{ ref('int_deals__hubspot_states') }}

),

salesforce_states as (

    select * from {{ ref('int_deals__salesforce_states') }}

),

setting_changes as (

    select
        connection_id,
        entity_id as pipeline_id,
        substr(property_name, 7) as stage_id,
        parse_json(property_value) as setting,
        is_first,
        changed_at,
        replaced_at
    from {{ ref('base_hubspot__property_changes') }}
    where stream = 'deal_pipeline' and property_name like 'stage:%'

),

opportunities as (

    select * from {{ ref('stg_salesforce__opportunities') }}

),

mapped as (

    select * from {{ ref('pipeline_map') }}

),

last_mapped as (

    select * from mapped
    qualify row_number() over (partition by source, pipeline_id, stage_id order by valid_from desc) = 1

),

used as (

    select distinct
        'hubspot' as source,
        connection_id,
        pipeline_id,
        stage_id
    from hubspot_states

    union

    select distinct
        'salesforce' as source,
        connection_id,
        pipeline_id,
        stage_id
    from salesforce_states

),

-- What the CRMs themselves say of a stage: HubSpot its settings since we read them, Salesforce whether what is in it is
-- closed, in no time.
observed as (

    select
        'hubspot' as source,
        connection_id,
        pipeline_id,
        stage_id,
        setting:label::varchar as stage_label,
        try_to_decimal(setting:probability::varchar, 5, 4) as probability,
        coalesce(setting:is_closed::varchar = 'true', false) as is_closed,
        (
            coalesce(setting:is_closed::varchar = 'true', false)
            and coalesce(try_to_decimal(setting:probability::varchar, 5, 4) = 1, false)
        ) as is_won,
        is_first,
        changed_at,
        replaced_at
    from setting_changes

    union all

    select
        'salesforce' as source,
        connection_id,
        'opportunity' as pipeline_id,
        stage_name as stage_id,
        stage_name as stage_label,
        null as probability,
        boolor_agg(is_closed) as is_closed,
        boolor_agg(is_won) as is_won,
        true as is_first,
        '1970-01-01'::timestamp_ntz as changed_at,
        null as replaced_at
    from opportunities
    where stage_name is not null
    group by connection_id, stage_name

),

boundaries as (

    select
        *,
        '1970-01-01'::timestamp_ntz as valid_from
    from used

    union

    select
        used.*,
        observed.changed_at as valid_from
    from used
    inner join observed
        on observed.source = used.source
        and observed.connection_id = used.connection_id
        and observed.pipeline_id = used.pipeline_id
        and observed.stage_id = used.stage_id

    union

    select
        used.*,
        mapped.valid_from
    from used
    inner join mapped
        on mapped.source = used.source
        and mapped.pipeline_id = used.pipeline_id
        and mapped.stage_id = used.stage_id

),

-- In order: what the CRM said then, what the map says of then, what the CRM said first, what the map said last. So a
-- stage that is gone keeps its label.
chosen as (

    select
        boundaries.source,
        boundaries.connection_id,
        boundaries.pipeline_id,
        boundaries.stage_id,
        coalesce(
            observed_then.stage_label,
            mapped_then.stage_label,
            observed_first.stage_label,
            mapped_last.stage_label
        ) as stage_label,
        coalesce(mapped_then.canonical_stage, mapped_last.canonical_stage) as canonical_stage,
        coalesce(mapped_then.sort_order, mapped_last.sort_order) as sort_order,
        coalesce(
            observed_then.probability,
            mapped_then.probability,
            observed_first.probability,
            mapped_last.probability
        ) as probability,
        coalesce(
            observed_then.is_closed,
            mapped_then.is_closed,
            observed_first.is_closed,
            mapped_last.is_closed,
            boundaries.stage_id in ('closedwon', 'closedlost')
        ) as is_closed,
        coalesce(
            observed_then.is_won,
            mapped_then.is_won,
            observed_first.is_won,
            mapped_last.is_won,
            boundaries.stage_id = 'closedwon'
        ) as is_won,
        -- Of a stage nobody mapped a loss counts: leaving it out would flatter.
        coalesce(mapped_then.is_qualified, mapped_last.is_qualified) as is_mapped_qualified,
        coalesce(mapped_then.is_revenue, mapped_last.is_revenue, true) as is_revenue,
        coalesce(observed_first.stage_id, mapped_last.stage_id) is not null as is_known,
        boundaries.valid_from,
        lead(boundaries.valid_from) over (
            partition by boundaries.source, boundaries.connection_id, boundaries.pipeline_id, boundaries.stage_id
            order by boundaries.valid_from
        ) as valid_to
    from boundaries
    left join observed as observed_then
        on observed_then.source = boundaries.source
        and observed_then.connection_id = boundaries.connection_id
        and observed_then.pipeline_id = boundaries.pipeline_id
        and observed_then.stage_id = boundaries.stage_id
        and observed_then.changed_at <= boundaries.valid_from
        and (observed_then.replaced_at > boundaries.valid_from or observed_then.replaced_at is null)
    left join observed as observed_first
        on observed_first.source = boundaries.source
        and observed_first.connection_id = boundaries.connection_id
        and observed_first.pipeline_id = boundaries.pipeline_id
        and observed_first.stage_id = boundaries.stage_id
        and observed_first.is_first
    left join mapped as mapped_then
        on mapped_then.source = boundaries.source
        and mapped_then.pipeline_id = boundaries.pipeline_id
        and mapped_then.stage_id = boundaries.stage_id
        and mapped_then.valid_from <= boundaries.valid_from
        and (mapped_then.valid_to > boundaries.valid_from or mapped_then.valid_to is null)
    left join last_mapped as mapped_last
        on mapped_last.source = boundaries.source
        and mapped_last.pipeline_id = boundaries.pipeline_id
        and mapped_last.stage_id = boundaries.stage_id

),

typed as (

    select
        md5(
            source || '|' || connection_id || '|' || pipeline_id || '|' || stage_id || '|' || valid_from::varchar
        ) as stage_map_key,
        source,
        connection_id,
        pipeline_id,
        stage_id,
        coalesce(stage_label, stage_id) as stage_label,
        canonical_stage,
        sort_order,
        probability,
        is_closed,
        is_won,
        coalesce(is_mapped_qualified, is_won or not is_closed) as is_qualified,
        is_revenue,
        is_known,
        valid_from,
        valid_to
    from chosen

)

select * from typed
