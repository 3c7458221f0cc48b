{{ config(tags=['nightly']) }}

with

competitors as (

    select competitor_name from {{ ref('dim_competitor') }}

),

days as (

    {{ kpi_days() }}

),

mentions as (

    select * from {{ ref('int_competitors__scored') }}

),

closed_then as (

    select * from {{ ref('int_deals__closed_daily') }}

),

rivals as (

    select * from {{ ref('int_deals__rivals_daily') }}

),

spine as (

    select
        days.date_key,
        days.known_until,
        competitors.competitor_name
    from days
    cross join competitors

),

per_day as (

    select
        mentioned_on,
        competitor_name,
        count(*) as mention_count,
        count_if(is_by_customer) as customer_mention_count,
        max(threat_level) as max_threat_level
    from mentions
    group by mentioned_on, competitor_name

),

windows as (

    select
        spine.date_key,
        spine.competitor_name,
        sum(iff(per_day.mentioned_on = spine.date_key, per_day.mention_count, 0)) as mentions,
        sum(iff(per_day.mentioned_on > dateadd(day, -30, spine.date_key), per_day.mention_count, 0)) as mentions_30d,
        sum(iff(
            per_day.mentioned_on > dateadd(day, -30, spine.date_key), per_day.customer_mention_count, 0
        )) as customer_mentions_30d,
        sum(iff(
            per_day.mentioned_on <= dateadd(day, -30, spine.date_key), per_day.mention_count, 0
        )) as mentions_30d_before,
        max(iff(
            per_day.mentioned_on > dateadd(day, -30, spine.date_key), per_day.max_threat_level, null
        )) as max_threat_level_30d
    from spine
    left join per_day
        on per_day.competitor_name = spine.competitor_name
        and per_day.mentioned_on > dateadd(day, -60, spine.date_key)
        and per_day.mentioned_on <= spine.date_key
    group by spine.date_key, spine.competitor_name

),

accounts as (

    select
        spine.date_key,
        spine.competitor_name,
        count(distinct mentions.account_key) as accounts_30d
    from spine
    inner join mentions
        on mentions.competitor_name = spine.competitor_name
        and mentions.mentioned_on > dateadd(day, -30, spine.date_key)
        and mentions.mentioned_on <= spine.date_key
    group by spine.date_key, spine.competitor_name

),

contested as (

    select
        closed_then.date_key,
        rivals.competitor_name,
        closed_then.is_won
    from closed_then
    inner join rivals on rivals.date_key = closed_then.date_key and rivals.deal_key = closed_then.deal_key
    where closed_then.is_decided and closed_then.is_in_90_days

),

results as (

    select
        date_key,
        competitor_name,
        count(*) as decided_90d,
        count_if(is_won) as won_90d
    from contested
    group by date_key, competitor_name

),

told as (

    select
        md5(windows.competitor_name || '|' || windows.date_key::varchar)::varchar as scorecard_key,
        windows.competitor_name::varchar as competitor_name,
        windows.mentions::number(18, 0) as mentions,
        windows.mentions_30d::number(18, 0) as mentions_30d,
        windows.customer_mentions_30d::number(18, 0) as customer_mentions_30d,
        coalesce(accounts.accounts_30d, 0)::number(18, 0) as accounts_30d,
        (
            windows.mentions_30d / nullif(sum(windows.mentions_30d) over (partition by windows.date_key), 0)
        )::number(7, 6) as share_30d,
        -- Against a handful of mentions any change looks like a surge.
        iff(
            windows.mentions_30d_before >= 5, windows.mentions_30d / windows.mentions_30d_before - 1, null
        )::number(12, 6) as trend_30d,
        windows.max_threat_level_30d::number(1, 0) as max_threat_level_30d,
        coalesce(results.decided_90d, 0)::number(18, 0) as decided_90d,
        coalesce(results.won_90d, 0)::number(18, 0) as won_90d,
        iff(
            results.decided_90d >= {{ var('kpi_min_n') }}, results.won_90d / results.decided_90d, null
        )::number(7, 6) as win_rate_90d,
        windows.date_key::date as date_key
    from windows
    left join accounts
        on accounts.date_key = windows.date_key and accounts.competitor_name = windows.competitor_name
    left join results
        on results.date_key = windows.date_key and results.competitor_name = windows.competitor_name

)

select * from told
