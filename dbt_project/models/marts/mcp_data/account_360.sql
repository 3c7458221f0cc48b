{#-
  Keyed by the CRM's company until the account spine (dim_account) is read here: then account_key takes the place of
  account_id, and sources without a CRM id come in through it.
-#}
with

companies as (

    select * from {{ ref('stg_hubspot__companies') }}
    where not is_deleted and not is_merged

),

owners as (

    select * from {{ ref('stg_hubspot__owners') }}

),

-- A contact may still name a company that was merged into another one.
contacts as (

    select
        coalesce(merged.merged_into_id, people.company_id) as company_id,
        count(*) as contact_count
    from {{ ref('stg_hubspot__contacts') }} as people
    left join {{ ref('stg_hubspot__companies') }} as merged
        on merged.connection_id = people.connection_id
        and merged.company_id = people.company_id
    where not people.is_deleted and not people.is_merged
    group by coalesce(merged.merged_into_id, people.company_id)

),

deals as (

    select
        companies_of_deals.company_id,
        count_if(intervals.is_open) as open_deals,
        sum(iff(intervals.is_open, intervals.amount_usd, 0)) as open_amount_usd,
        min(iff(intervals.is_open, intervals.close_date, null)) as next_close_date,
        count_if(intervals.is_won) as won_deals,
        sum(iff(intervals.is_won, intervals.amount_usd, 0)) as won_amount_usd,
        count_if(intervals.is_lost) as lost_deals
    from {{ ref('int_deals__stage_intervals') }} as intervals
    inner join {{ ref('int_deals__companies') }} as companies_of_deals
        on companies_of_deals.deal_key = intervals.deal_key
    -- What the vendor dates later than now has not happened.
    where
        intervals.valid_from <= {{ as_of() }}
        and (intervals.valid_to > {{ as_of() }} or intervals.valid_to is null)
    group by companies_of_deals.company_id

),

calls as (

    select
        account_id,
        count(*) as calls_90d,
        max(call_date) as last_call_on
    from {{ ref('int_calls__linked') }}
    where call_date > dateadd(day, -90, {{ business_date(as_of()) }})
    group by account_id

),

mentions as (

    select
        account_id,
        count(*) as competitor_mentions_90d,
        max(threat_level) as highest_threat_90d,
        array_agg(distinct competitor_name) within group (order by competitor_name) as competitors_90d
    from {{ ref('competitor_mentions') }}
    where detected_at > dateadd(day, -90, {{ as_of() }})
    group by account_id

),

moves as (

    select
        previous_account_id as account_id,
        count_if(is_champion) as champions_lost_90d
    from {{ ref('fct_job_change') }}
    where detected_at > dateadd(day, -90, {{ as_of() }})
    group by previous_account_id

),

told as (

    select
        companies.record_id as account_360_key,
        companies.company_id as account_id,
        companies.company_name as account_name,
        companies.domain,
        companies.industry,
        companies.lifecycle_stage,
        coalesce(deals.won_deals > 0, false) as has_won_deal,
        owners.email as owner_email,
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
        deals.next_close_date,
        calls.last_call_on,
        companies.created_at,
        {{ as_of() }} as computed_at
    from companies
    left join owners on owners.connection_id = companies.connection_id and owners.owner_id = companies.owner_id
    left join contacts on contacts.company_id = companies.company_id
    left join deals on deals.company_id = companies.company_id
    left join calls on calls.account_id = companies.company_id
    left join mentions on mentions.account_id = companies.company_id
    left join moves on moves.account_id = companies.company_id

)

select * from told
