with

changes as (

    select * from {{ ref('stg_hubspot__deal_changes') }}
    where property_name in (
        'dealstage',
        'pipeline',
        'amount',
        'deal_currency_code',
        'closedate',
        'closed_lost_reason',
        '{{ var("competitor_property") }}'
    )

),

deals as (

    select * from {{ ref('stg_hubspot__deals') }}

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
        max(
            iff(changes.property_name = '{{ var("competitor_property") }}', changes.new_value, null)
        ) as competitor,
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
        least(
            coalesce(deals.deleted_at, '9999-12-31'::timestamp_ntz),
            coalesce(deals.merged_at, '9999-12-31'::timestamp_ntz)
        ) as ended_at,
        coalesce(
            lead(states.valid_from) over (partition by states.record_id order by states.valid_from),
            '9999-12-31'::timestamp_ntz
        ) as next_valid_from
    from states
    inner join deals on deals.record_id = states.record_id

),

typed as (

    select
        md5(record_id || '|' || valid_from::varchar) as state_key,
        record_id,
        connection_id,
        deal_id,
        coalesce(pipeline_id, 'default') as pipeline_id,
        stage_id,
        coalesce(currency_code, '{{ var("company_currency") }}') as currency_code,
        lost_reason,
        competitor,
        try_to_decimal(amount, 18, 2) as amount,
        {{ business_date(hubspot_time('closed_at')) }} as close_date,
        valid_from,
        nullif(least(next_valid_from, ended_at), '9999-12-31'::timestamp_ntz) as valid_to
    from bounded
    where valid_from < ended_at

)

select * from typed
