{{ config(materialized='table') }}

with

changes as (

    select * from {{ ref('stg_hubspot__deal_changes') }}
    where property_name in ('dealstage', 'pipeline', 'amount', 'deal_currency_code', 'closedate', 'closed_lost_reason')

),

deals as (

    select * from {{ ref('stg_hubspot__deals') }}

),

stages as (

    select * from {{ ref('stg_hubspot__pipeline_stages') }}

),

-- Before its first known stage nothing is said about a deal, least of all what we know today.
first_stages as (

    select
        record_id,
        min(changed_at) as known_from
    from changes
    where property_name = 'dealstage'
    group by record_id

),

boundaries as (

    select distinct
        changes.record_id,
        changes.changed_at as valid_from
    from changes
    inner join first_stages on first_stages.record_id = changes.record_id
    where changes.changed_at >= first_stages.known_from

),

-- A property first heard of after the stage (an amount in a later pull) is taken to have been so all along.
states as (

    select
        boundaries.record_id,
        boundaries.valid_from,
        max(iff(changes.property_name = 'dealstage', changes.new_value, null)) as stage_id,
        max(iff(changes.property_name = 'pipeline', changes.new_value, null)) as pipeline_id,
        max(iff(changes.property_name = 'deal_currency_code', upper(changes.new_value), null)) as currency_code,
        max(iff(changes.property_name = 'closed_lost_reason', lower(changes.new_value), null)) as lost_reason,
        max(iff(changes.property_name = 'amount', changes.new_value, null)) as amount,
        max(iff(changes.property_name = 'closedate', changes.new_value, null)) as closed_at
    from boundaries
    inner join changes
        on changes.record_id = boundaries.record_id
        and (changes.changed_at <= boundaries.valid_from or (changes.is_first and changes.property_name != 'dealstage'))
        and (changes.replaced_at > boundaries.valid_from or changes.replaced_at is null)
    group by boundaries.record_id, boundaries.valid_from

),

-- A deleted deal, or one merged into another, ends; days before that keep it.
bounded as (

    select
        states.*,
        deals.connection_id,
        deals.deal_id,
        coalesce(deals.created_at, first_stages.known_from) as deal_created_at,
        least(
            coalesce(deals.deleted_at, '9999-12-31'::timestamp_ntz),
            coalesce(deals.merged_at, '9999-12-31'::timestamp_ntz)
        ) as ended_at,
        lead(states.valid_from) over (partition by states.record_id order by states.valid_from) as next_valid_from
    from states
    inner join deals on deals.record_id = states.record_id
    inner join first_stages on first_stages.record_id = states.record_id

),

typed as (

    select
        md5(bounded.record_id || '|' || bounded.valid_from::varchar) as interval_key,
        bounded.record_id as deal_key,
        bounded.connection_id,
        bounded.deal_id,
        bounded.pipeline_id,
        bounded.stage_id,
        stages.stage_label,
        coalesce(bounded.currency_code, '{{ var("company_currency") }}') as currency_code,
        bounded.lost_reason,
        try_to_decimal(bounded.amount, 18, 2) as amount,
        -- No rates have landed yet: an amount in another currency is unknown, not converted at 1.
        iff(
            coalesce(bounded.currency_code, '{{ var("company_currency") }}') = '{{ var("company_currency") }}',
            try_to_decimal(bounded.amount, 18, 2),
            null
        ) as amount_usd,
        stages.probability,
        not coalesce(stages.is_closed, bounded.stage_id in ('closedwon', 'closedlost')) as is_open,
        coalesce(stages.is_closed and stages.probability = 1, bounded.stage_id = 'closedwon') as is_won,
        coalesce(stages.is_closed and stages.probability < 1, bounded.stage_id = 'closedlost') as is_lost,
        {{ business_date(hubspot_time('bounded.closed_at')) }} as close_date,
        bounded.deal_created_at,
        bounded.valid_from,
        nullif(
            least(coalesce(bounded.next_valid_from, bounded.ended_at), bounded.ended_at),
            '9999-12-31'::timestamp_ntz
        ) as valid_to
    from bounded
    left join stages
        on stages.connection_id = bounded.connection_id
        and stages.pipeline_id = bounded.pipeline_id
        and stages.stage_id = bounded.stage_id
    where bounded.valid_from < bounded.ended_at

)

select * from typed
