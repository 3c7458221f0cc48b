{#-
  Told from the date spine, never from changed rows: an unchanged deal is open on every day that passes.

  Whole days are replaced: the last `restated_days`, and before them every day from the first one of a deal that anything
  landed about since the last run, or that is gone. So incremental rows are those of a full refresh. What is not seen is
  an edit of the seeds about older days: run a full refresh after one.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='date_key',
    on_schema_change='fail',
) }}

with

intervals as (

    select * from {{ ref('int_deals__stage_intervals') }}

),

stage_map as (

    select * from {{ ref('int_deals__stage_map') }}

),

stage_probabilities as (

    select * from {{ ref('int_deals__stage_probabilities') }}

),

first_days as (

    select
        deal_key,
        max(landed_at) as landed_at,
        min({{ business_date('valid_from') }}) as first_date
    from intervals
    group by deal_key

),

-- Nothing is told of the time before the first deal, but for days that once told of a deal that is gone.
known_days as (

    select first_date from first_days
    {%- if is_incremental() %}
    union all
    select min(date_key) as first_date from {{ this }}
    {%- endif %}

),

told_from as (

    {% if is_incremental() -%}
    select
        least(
            dateadd(day, -{{ var('restated_days') }}, {{ business_date(as_of()) }}),
            coalesce(min(first_days.first_date), '9999-12-31'::date),
            coalesce(min(gone.date_key), '9999-12-31'::date)
        )::date as first_date
    from (select 1 as one_row) as always
    left join first_days
        on first_days.landed_at >= {{ read_again_from() }}
    left join (
        select held.date_key
        from {{ this }} as held
        left join first_days as still on still.deal_key = held.deal_key
        where held.deal_key is not null and still.deal_key is null
    ) as gone on true
    {%- else -%}
    select min(first_date) as first_date
    from first_days
    {%- endif %}

),

days as (

    select
        dim_date.date_key,
        dim_date.month_start_date,
        -- Today is told as far as it has come.
        least(dim_date.day_ends_at, {{ as_of() }}) as known_until
    from {{ ref('dim_date') }} as dim_date
    inner join told_from on told_from.first_date <= dim_date.date_key
    where
        dim_date.date_key <= {{ business_date(as_of()) }}
        and dim_date.date_key >= (select min(first_date) from known_days)

),

-- Every deal as it was known when the day ended, never as it is today.
open_then as (

    select
        days.date_key,
        days.month_start_date,
        days.known_until,
        intervals.*
    from days
    inner join intervals
        on intervals.valid_from < days.known_until
        and (intervals.valid_to >= days.known_until or intervals.valid_to is null)
    where intervals.is_open

),

-- A stage's probability is the day's, not that of the day the deal entered it.
weighed as (

    select
        open_then.*,
        coalesce(open_then.told_probability, stage_map.probability) as crm_probability,
        stage_map.sort_order,
        stage_probabilities.empirical_probability
    from open_then
    left join stage_map
        on stage_map.source = open_then.source
        and stage_map.connection_id = open_then.connection_id
        and stage_map.pipeline_id = open_then.pipeline_id
        and stage_map.stage_id = open_then.stage_id
        and stage_map.valid_from < open_then.known_until
        and (stage_map.valid_to >= open_then.known_until or stage_map.valid_to is null)
    left join stage_probabilities
        on stage_probabilities.month_start_date = open_then.month_start_date
        and stage_probabilities.source = open_then.source
        and stage_probabilities.pipeline_id = open_then.pipeline_id
        and stage_probabilities.stage_id = open_then.stage_id

),

-- A day on which nothing is open is told too, by a row without a deal.
told as (

    select
        md5(days.date_key::varchar || '|' || coalesce(weighed.deal_key, '')) as pipeline_day_key,
        weighed.deal_key,
        weighed.source,
        weighed.pipeline_id,
        weighed.stage_id,
        weighed.stage_label,
        weighed.canonical_stage,
        weighed.currency_code,
        weighed.amount::number(18, 2) as amount,
        weighed.amount_usd::number(18, 2) as amount_usd,
        weighed.crm_probability::number(5, 4) as probability,
        weighed.empirical_probability::number(5, 4) as empirical_probability,
        (weighed.amount_usd * weighed.crm_probability)::number(24, 6) as weighted_usd,
        (
            weighed.amount_usd * coalesce(weighed.empirical_probability, weighed.crm_probability)
        )::number(24, 6) as empirical_weighted_usd,
        weighed.is_qualified,
        weighed.close_date < days.date_key as is_stale,
        days.date_key,
        weighed.close_date,
        coalesce(weighed.landed_at, '1970-01-01'::timestamp_ntz) as landed_at
    from days
    left join weighed on weighed.date_key = days.date_key

)

select * from told
