with

accounts as (

    select * from {{ ref('int_health__accounts') }}
    where not is_deleted

),

account_map as (

    select * from {{ ref('int_identity__account_map') }}

),

companies as (

    select
        account_map.account_key,
        stg.industry,
        stg.lifecycle_stage
    from {{ ref('stg_hubspot__companies') }} as stg
    inner join account_map on account_map.record_id = stg.record_id
    where not stg.is_deleted and not stg.is_merged
    qualify row_number() over (
        partition by account_map.account_key
        order by account_map.first_seen_at, account_map.node_id
    ) = 1

),

contacts as (

    select
        account_key,
        count(*) as contact_count
    from {{ ref('dim_contact') }}
    where not is_deleted
    group by account_key

),

deals as (

    select
        account_key,
        count_if(status = 'open') as open_deals,
        sum(iff(status = 'open', amount_usd, 0)) as open_amount_usd,
        min(iff(status = 'open', close_date, null)) as next_close_date,
        count_if(status = 'won') as won_deals,
        sum(iff(status = 'won', amount_usd, 0)) as won_amount_usd,
        count_if(status = 'lost') as lost_deals
    from {{ ref('fct_deal') }}
    group by account_key

),

calls as (

    select
        account_key,
        count(*) as calls_90d,
        max(call_date) as last_call_on
    from {{ ref('int_calls__linked') }}
    where call_date > dateadd(day, -90, {{ business_date(as_of()) }})
    group by account_key

),

mentions as (

    select
        account_key,
        count(*) as competitor_mentions_90d,
        max(threat_level) as highest_threat_90d,
        array_agg(distinct competitor_name) within group (order by competitor_name) as competitors_90d
    from {{ ref('competitor_mentions') }}
    where detected_at > dateadd(day, -90, {{ as_of() }})
    group by account_key

),

moves as (

    select
        previous_account_key as account_key,
        count_if(is_champion) as champions_lost_90d
    from {{ ref('fct_job_change') }}
    where detected_at > dateadd(day, -90, {{ as_of() }})
    group by previous_account_key

),

told as (

    select
        accounts.account_key::varchar as account_360_key,
        accounts.account_key::varchar as account_key,
        accounts.account_id::varchar as account_id,
        accounts.account_name::varchar as account_name,
        accounts.domain::varchar as domain,
        companies.industry::varchar as industry,
        companies.lifecycle_stage::varchar as lifecycle_stage,
        coalesce(deals.won_deals > 0, false)::boolean as has_won_deal,
        accounts.owner_email::varchar as owner_email,
        coalesce(contacts.contact_count, 0)::number(18, 0) as contacts,
        coalesce(deals.open_deals, 0)::number(18, 0) as open_deals,
        coalesce(deals.open_amount_usd, 0)::number(18, 2) as open_amount_usd,
        coalesce(deals.won_deals, 0)::number(18, 0) as won_deals,
        coalesce(deals.won_amount_usd, 0)::number(18, 2) as won_amount_usd,
        coalesce(deals.lost_deals, 0)::number(18, 0) as lost_deals,
        coalesce(calls.calls_90d, 0)::number(18, 0) as calls_90d,
        coalesce(mentions.competitor_mentions_90d, 0)::number(18, 0) as competitor_mentions_90d,
        coalesce(mentions.competitors_90d, array_construct())::array as competitors_90d,
        mentions.highest_threat_90d::number(1, 0) as highest_threat_90d,
        coalesce(moves.champions_lost_90d, 0)::number(18, 0) as champions_lost_90d,
        deals.next_close_date::date as next_close_date,
        calls.last_call_on::date as last_call_on,
        accounts.first_seen_at::timestamp_ntz as created_at,
        {{ as_of() }} as computed_at
    from accounts
    left join companies on companies.account_key = accounts.account_key
    left join contacts on contacts.account_key = accounts.account_key
    left join deals on deals.account_key = accounts.account_key
    left join calls on calls.account_key = accounts.account_key
    left join mentions on mentions.account_key = accounts.account_key
    left join moves on moves.account_key = accounts.account_key

)

select * from told
