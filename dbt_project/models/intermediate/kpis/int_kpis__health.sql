with

daily as (

    select * from {{ ref('customer_health_daily') }}

),

-- A customer without a score or without ARR weighs nothing; sample_n against known_n tells how many those are.
measures as (

    select
        date_key,
        'customer_health_score' as kpi,
        sum(iff(score_adj is not null, arr_usd * score_adj, null))::number(24, 6) as numerator,
        sum(iff(score_adj is not null, arr_usd, null))::number(24, 6) as denominator,
        count(*) as sample_n,
        count_if(score_adj is not null and arr_usd > 0) as known_n
    from daily
    group by date_key

)

select * from measures
