with

opportunities as (

    select * from {{ ref('stg_salesforce__opportunities') }}

),

histories as (

    select * from {{ ref('stg_salesforce__opportunity_stages') }}
    where not is_deleted

),

told as (

    select
        opportunities.record_id,
        opportunities.connection_id,
        opportunities.opportunity_id,
        opportunities.currency_code,
        opportunities.deleted_at,
        histories.stage_name,
        histories.amount,
        histories.probability_percent,
        histories.close_on,
        histories.entered_at as valid_from
    from opportunities
    inner join histories
        on histories.connection_id = opportunities.connection_id
        and histories.opportunity_id = opportunities.opportunity_id
    -- Several changes of one second: the row written last holds them all.
    qualify row_number() over (
        partition by opportunities.record_id, histories.entered_at
        order by histories.history_id desc
    ) = 1

),

-- Until its history is read, an opportunity is known as of its newest version, and nothing about the time before.
without_history as (

    select
        opportunities.record_id,
        opportunities.connection_id,
        opportunities.opportunity_id,
        opportunities.currency_code,
        opportunities.deleted_at,
        opportunities.stage_name,
        opportunities.amount,
        opportunities.probability_percent,
        opportunities.close_on,
        coalesce(opportunities.source_updated_at, opportunities.first_received_at) as valid_from
    from opportunities
    left join told on told.record_id = opportunities.record_id
    where told.record_id is null and opportunities.stage_name is not null

),

states as (

    select * from told
    union all
    select * from without_history

),

bounded as (

    select
        *,
        coalesce(deleted_at, '9999-12-31'::timestamp_ntz) as ended_at,
        coalesce(
            lead(valid_from) over (partition by record_id order by valid_from),
            '9999-12-31'::timestamp_ntz
        ) as next_valid_from
    from states

),

typed as (

    select
        md5(record_id || '|' || valid_from::varchar) as state_key,
        record_id,
        connection_id,
        opportunity_id,
        'opportunity' as pipeline_id,
        stage_name as stage_id,
        coalesce(currency_code, '{{ var("company_currency") }}') as currency_code,
        amount,
        (probability_percent / 100)::number(5, 4) as probability,
        close_on as close_date,
        valid_from,
        nullif(least(next_valid_from, ended_at), '9999-12-31'::timestamp_ntz) as valid_to
    from bounded
    where valid_from < ended_at

)

select * from typed
