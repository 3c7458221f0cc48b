with

deals as (

    select * from {{ ref('int_deals__unified') }}
    where excluded_because is null

),

hubspot_states as (

    select * from {{ ref('int_deals__hubspot_states') }}

),

salesforce_states as (

    select * from {{ ref('int_deals__salesforce_states') }}

),

stage_map as (

    select * from {{ ref('int_deals__stage_map') }}

),

rates as (

    select * from {{ ref('int_fx__daily_rates') }}

),

-- One CRM tells a deal's whole story: a stage from one and an amount from the other was never true anywhere.
states as (

    select
        deals.deal_key,
        deals.created_at as deal_created_at,
        deals.landed_at,
        'hubspot' as source,
        hubspot_states.connection_id,
        hubspot_states.deal_id,
        hubspot_states.pipeline_id,
        hubspot_states.stage_id,
        hubspot_states.currency_code,
        hubspot_states.lost_reason,
        hubspot_states.competitor,
        hubspot_states.amount,
        null::number(5, 4) as told_probability,
        hubspot_states.close_date,
        hubspot_states.valid_from,
        hubspot_states.valid_to
    from deals
    inner join hubspot_states on hubspot_states.record_id = deals.hubspot_record_id
    where deals.crm_of_record = 'hubspot'

    union all

    select
        deals.deal_key,
        deals.created_at as deal_created_at,
        deals.landed_at,
        'salesforce' as source,
        salesforce_states.connection_id,
        salesforce_states.opportunity_id as deal_id,
        salesforce_states.pipeline_id,
        salesforce_states.stage_id,
        salesforce_states.currency_code,
        null as lost_reason,
        null as competitor,
        salesforce_states.amount,
        salesforce_states.probability as told_probability,
        salesforce_states.close_date,
        salesforce_states.valid_from,
        salesforce_states.valid_to
    from deals
    inner join salesforce_states on salesforce_states.record_id = deals.salesforce_record_id
    where deals.crm_of_record = 'salesforce'

),

-- By the rate of the close date, as Salesforce converts; without a close date, of the day it was said.
converted as (

    select
        states.*,
        case
            when states.currency_code = '{{ var("company_currency") }}' then states.amount
            else round(states.amount / rates.conversion_rate, 2)
        end as amount_usd
    from states
    left join rates
        on rates.iso_code = states.currency_code
        and rates.rate_date = coalesce(states.close_date, {{ business_date('states.valid_from') }})

),

mapped as (

    select
        md5(converted.deal_key || '|' || converted.valid_from::varchar) as interval_key,
        converted.deal_key,
        converted.source,
        converted.connection_id,
        converted.deal_id,
        converted.pipeline_id,
        converted.stage_id,
        coalesce(stage_map.stage_label, converted.stage_id) as stage_label,
        stage_map.canonical_stage,
        converted.currency_code,
        converted.lost_reason,
        converted.competitor,
        converted.amount,
        converted.amount_usd::number(18, 2) as amount_usd,
        converted.told_probability,
        coalesce(converted.told_probability, stage_map.probability) as probability,
        not coalesce(stage_map.is_closed, false) as is_open,
        coalesce(stage_map.is_won, false) as is_won,
        coalesce(stage_map.is_closed and not stage_map.is_won, false) as is_lost,
        coalesce(stage_map.is_qualified, true) as is_qualified,
        -- Once qualified, always: a loss counts although the deal slipped back before it.
        coalesce(
            boolor_agg(stage_map.is_qualified) over (
                partition by converted.deal_key
                order by converted.valid_from
                rows between unbounded preceding and current row
            ),
            true
        ) as was_qualified,
        converted.close_date,
        converted.deal_created_at,
        converted.valid_from,
        converted.valid_to,
        converted.landed_at
    from converted
    left join stage_map
        on stage_map.source = converted.source
        and stage_map.connection_id = converted.connection_id
        and stage_map.pipeline_id = converted.pipeline_id
        and stage_map.stage_id = converted.stage_id
        and stage_map.valid_from <= converted.valid_from
        and (stage_map.valid_to > converted.valid_from or stage_map.valid_to is null)

)

select * from mapped
