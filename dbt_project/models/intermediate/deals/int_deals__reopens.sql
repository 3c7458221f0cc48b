{{ config(materialized='view') }}

with

intervals as (

    select * from {{ ref('int_deals__stage_intervals') }}

),

followed as (

    select
        *,
        lag(is_won) over (partition by deal_key order by valid_from) as was_won,
        lag(is_lost) over (partition by deal_key order by valid_from) as was_lost,
        lag(close_date) over (partition by deal_key order by valid_from) as previous_close_date
    from intervals

),

reopens as (

    select
        interval_key as reopen_key,
        deal_key,
        iff(was_won, 'won', 'lost') as reopened_from,
        stage_label as reopened_to,
        previous_close_date,
        valid_from as reopened_at
    from followed
    where is_open and (was_won or was_lost)

)

select * from reopens
