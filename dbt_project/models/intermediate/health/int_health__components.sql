with

customers as (

    select * from {{ ref('int_health__customers') }}

),

support as (

    select * from {{ ref('int_health__support') }}

),

engagement as (

    select * from {{ ref('int_health__engagement') }}

),

relationship as (

    select * from {{ ref('int_health__relationship') }}

),

mentions as (

    select
        account_key,
        threat_level,
        detected_at
    from {{ ref('competitor_mentions') }}
    where account_key is not null

),

calls as (

    select
        account_key,
        sentiment_score,
        duration_s,
        started_at
    from {{ ref('fct_call') }}
    where account_key is not null

),

-- What the customer's side said in the calls of 90 days, a long call more than a short one.
moods as (

    select
        customers.customer_day_key,
        count(calls.sentiment_score) as scored_call_n,
        (
            sum(calls.sentiment_score * calls.duration_s)
            / nullif(sum(iff(calls.sentiment_score is not null, calls.duration_s, 0)), 0)
        )::number(9, 6) as mood
    from customers
    inner join calls
        on calls.account_key = customers.account_key
        and calls.started_at <= customers.known_until
        and calls.started_at > dateadd(day, -90, customers.known_until)
    group by customers.customer_day_key

),

-- -0.6 is 0, neutral 60, +0.5 is 100. Without a scored call nothing is known.
sentiment as (

    select
        customer_day_key,
        scored_call_n,
        mood,
        iff(mood <= 0, greatest(60 + 100 * mood, 0), least(60 + 80 * mood, 100))::number(5, 2) as sentiment_score
    from moods

),

-- No product usage feed has landed.
usage as (

    select
        customer_day_key,
        null::number(5, 2) as usage_score
    from customers

),

-- ARR against that of 90 days ago: 20 % less is 0, the same is 70, 10 % more is 100. A customer since then is like one
-- who stayed the same.
commercial as (

    select
        customer_day_key,
        (arr_usd / nullif(arr_90d_ago_usd, 0))::number(18, 6) as arr_ratio,
        case
            when arr_usd is null or arr_90d_ago_usd is null then null
            when arr_90d_ago_usd = 0 then 70
            when arr_usd / arr_90d_ago_usd >= 1
                then least(70 + 300 * (arr_usd / arr_90d_ago_usd - 1), 100)
            else greatest(70 - 350 * (1 - arr_usd / arr_90d_ago_usd), 0)
        end::number(5, 2) as commercial_score
    from customers

),

-- Competitors are heard of in calls: without one in 90 days nothing is known, with one and no mention is no threat.
heard as (

    select distinct customers.customer_day_key
    from customers
    inner join calls
        on calls.account_key = customers.account_key
        and calls.started_at <= customers.known_until
        and calls.started_at > dateadd(day, -90, customers.known_until)

),

threats as (

    select
        customers.customer_day_key,
        max(mentions.threat_level) as threat_level
    from customers
    inner join mentions
        on mentions.account_key = customers.account_key
        and mentions.detected_at <= customers.known_until
        and mentions.detected_at > dateadd(day, -30, customers.known_until)
    group by customers.customer_day_key

),

components as (

    select
        customers.customer_day_key,
        customers.account_key,
        customers.account_id,
        customers.account_name,
        customers.owner_id,
        customers.owner_email,
        customers.segment,
        customers.arr_usd,
        support.support_score,
        sentiment.sentiment_score,
        engagement.engagement_score,
        relationship.relationship_score,
        usage.usage_score,
        commercial.commercial_score,
        iff(
            heard.customer_day_key is not null or threats.threat_level is not null,
            125 - 25 * coalesce(threats.threat_level, 1),
            null
        )::number(5, 2) as competitive_score,
        support.urgent_n,
        support.late_n,
        support.question_n,
        support.reopening_n,
        support.average_rating,
        sentiment.mood,
        sentiment.scored_call_n,
        engagement.silent_days,
        engagement.active_person_n,
        relationship.departure_n,
        commercial.arr_ratio,
        threats.threat_level,
        customers.date_key,
        customers.known_until
    from customers
    inner join support on support.customer_day_key = customers.customer_day_key
    inner join engagement on engagement.customer_day_key = customers.customer_day_key
    inner join relationship on relationship.customer_day_key = customers.customer_day_key
    left join sentiment on sentiment.customer_day_key = customers.customer_day_key
    inner join usage on usage.customer_day_key = customers.customer_day_key
    inner join commercial on commercial.customer_day_key = customers.customer_day_key
    left join heard on heard.customer_day_key = customers.customer_day_key
    left join threats on threats.customer_day_key = customers.customer_day_key

)

select * from components
