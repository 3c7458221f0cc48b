{{ config(materialized='view') }}

with

daily as (

    select * from {{ ref('customer_health_daily') }}

),

today as (

    select * from daily
    where date_key = {{ business_date(as_of()) }} and score_adj is not null

),

compared as (

    select
        today.*,
        earlier.score_adj as score_adj_28d_ago,
        today.score_adj - earlier.score_adj as change_28d
    from today
    left join daily as earlier
        on earlier.account_key = today.account_key
        and earlier.date_key = dateadd(day, -28, today.date_key)

),

queued as (

    select
        compared.account_key::varchar as account_key,
        compared.account_id::varchar as account_id,
        compared.account_name::varchar as account_name,
        compared.owner_id::varchar as owner_id,
        compared.owner_email::varchar as owner_email,
        compared.segment::varchar as segment,
        iff(compared.score_adj < 50, 'red', 'dropping')::varchar as why,
        compared.reasons::array as reasons,
        compared.arr_usd::number(18, 2) as arr_usd,
        compared.score_adj::number(5, 2) as score_adj,
        compared.change_28d::number(6, 2) as change_28d,
        compared.coverage::number(7, 6) as coverage,
        compared.date_key::date as date_key
    from compared
    where compared.score_adj < 50 or compared.change_28d <= -10

)

select * from queued
