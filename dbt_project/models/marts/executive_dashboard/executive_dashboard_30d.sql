with

-- The last 30 business days that are over; today would make every morning look like a slump.
bounds as (

    select
        dateadd(day, -30, {{ business_date(as_of()) }})::date as first_date,
        dateadd(day, -1, {{ business_date(as_of()) }})::date as last_date

),

calls as (

    select fct_call.*
    from {{ ref('fct_call') }} as fct_call
    inner join bounds on fct_call.call_date between bounds.first_date and bounds.last_date

),

mentions as (

    select competitor_mentions.*
    from {{ ref('competitor_mentions') }} as competitor_mentions
    inner join bounds
        on {{ business_date('competitor_mentions.detected_at') }} between bounds.first_date and bounds.last_date

),

calls_told as (

    select
        count(*) as total_calls,
        -- Calls without a score say nothing; avg leaves them out.
        avg(sentiment_score) as avg_sentiment,
        count(distinct account_key) as unique_accounts
    from calls

),

competitors_told as (

    select count(distinct competitor_name) as competitors_mentioned
    from mentions

),

dashboard as (

    select
        calls_told.total_calls::number(18, 0) as total_calls,
        calls_told.avg_sentiment::number(5, 4) as avg_sentiment,
        calls_told.unique_accounts::number(18, 0) as unique_accounts,
        competitors_told.competitors_mentioned::number(18, 0) as competitors_mentioned
    from calls_told
    cross join competitors_told

)

select * from dashboard
