with

closed_then as (

    select * from {{ ref('int_deals__closed_daily') }}

),

mentions as (

    select * from {{ ref('int_competitors__raw_mentions') }}
    where deal_key is not null

),

aliases as (

    select * from {{ ref('competitors') }}

),

-- What was said after the close is hindsight; long before the deal, it was about something else. What the customer was
-- asked counts at once, chatter among colleagues when there is more of it.
said as (

    select
        closed_then.date_key,
        closed_then.deal_key,
        mentions.competitor_name,
        count_if(mentions.source_system in ('gong', 'outlook')) as direct_n,
        count_if(mentions.source_system not in ('gong', 'outlook')) as aside_n,
        false as is_in_crm
    from closed_then
    inner join mentions
        on mentions.deal_key = closed_then.deal_key
        and mentions.mentioned_on <= closed_then.close_date
        and mentions.detected_at >= dateadd(day, -30, closed_then.created_at)
    group by closed_then.date_key, closed_then.deal_key, mentions.competitor_name

),

-- The CRM's field is text: where it is one of the names a competitor goes by, it is that competitor.
entered as (

    select
        closed_then.date_key,
        closed_then.deal_key,
        coalesce(min(aliases.competitor_name), closed_then.competitor) as competitor_name,
        0 as direct_n,
        0 as aside_n,
        true as is_in_crm
    from closed_then
    left join aliases on {{ words('aliases.alias') }} = {{ words('closed_then.competitor') }}
    where closed_then.competitor is not null
    group by closed_then.date_key, closed_then.deal_key, closed_then.competitor

),

told as (

    select * from said
    union all
    select * from entered

),

rivals as (

    select
        md5(date_key::varchar || '|' || deal_key || '|' || competitor_name) as rival_day_key,
        deal_key,
        competitor_name,
        sum(direct_n)::number(18, 0) as direct_n,
        sum(aside_n)::number(18, 0) as aside_n,
        boolor_agg(is_in_crm) as is_in_crm,
        date_key
    from told
    group by date_key, deal_key, competitor_name
    having boolor_agg(is_in_crm) or sum(direct_n) >= 1 or sum(aside_n) >= 2

)

select * from rivals
