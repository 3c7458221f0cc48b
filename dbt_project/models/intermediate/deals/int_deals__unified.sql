with

deals as (

    select * from {{ ref('stg_hubspot__deals') }}

),

opportunities as (

    select * from {{ ref('stg_salesforce__opportunities') }}

),

histories as (

    select * from {{ ref('stg_salesforce__opportunity_stages') }}

),

crosswalk as (

    select * from {{ ref('deal_crosswalk') }}

),

records as (

    select * from {{ ref('base_records') }}
    where source in ('hubspot', 'salesforce')

),

hubspot_owners as (

    select * from {{ ref('stg_hubspot__owners') }}

),

salesforce_users as (

    select * from {{ ref('stg_salesforce__users') }}

),

deal_companies as (

    select * from {{ ref('int_deals__companies') }}

),

companies as (

    select * from {{ ref('stg_hubspot__companies') }}

),

accounts as (

    select * from {{ ref('stg_salesforce__accounts') }}

),

excluded_domains as (

    select * from {{ ref('excluded_domains') }}

),

hubspot_states as (

    select * from {{ ref('int_deals__hubspot_states') }}

),

salesforce_states as (

    select * from {{ ref('int_deals__salesforce_states') }}

),

stage_map as (

    select * from {{ ref('int_deals__stage_map') }}

),

-- Who says that they are one deal: our crosswalk, or HubSpot; the first 15 characters of an id are the id. What the
-- loser of a merge says holds for the winner.
candidates as (

    select
        coalesce(winners.record_id, deals.record_id) as deal_record_id,
        opportunities.record_id as opportunity_record_id,
        iff(crosswalk.hubspot_deal_id is not null, 'crosswalk', 'property') as link_evidence,
        iff(deals.is_deleted, 1, 0) as deleted_rank,
        iff(deals.is_merged, 1, 0) as merged_rank,
        deals.created_at,
        deals.deal_id
    from deals
    left join crosswalk on crosswalk.hubspot_deal_id = deals.deal_id
    inner join opportunities
        on {{ salesforce_id('opportunities.opportunity_id') }}
        = {{ salesforce_id('coalesce(crosswalk.salesforce_opportunity_id, deals.opportunity_id)') }}
    left join deals as winners
        on winners.connection_id = deals.connection_id
        and winners.deal_id = deals.merged_into_id

),

-- One to one: an opportunity that two deals name is the older living one's, a deal that got two keeps the first.
one_per_opportunity as (

    select * from candidates
    qualify row_number() over (
        partition by opportunity_record_id
        order by link_evidence, deleted_rank, merged_rank, created_at, deal_id
    ) = 1

),

links as (

    select * from one_per_opportunity
    qualify row_number() over (
        partition by deal_record_id
        order by link_evidence, deleted_rank, merged_rank, created_at, opportunity_record_id
    ) = 1

),

paired as (

    select
        deals.record_id as hubspot_record_id,
        links.opportunity_record_id as salesforce_record_id,
        links.link_evidence
    from deals
    left join links on links.deal_record_id = deals.record_id
    where not deals.is_merged

    union all

    select
        null as hubspot_record_id,
        opportunities.record_id as salesforce_record_id,
        null as link_evidence
    from opportunities
    left join links on links.opportunity_record_id = opportunities.record_id
    where links.opportunity_record_id is null

),

-- A pipeline is the deal's last one: moving a deal out of a partners' pipeline makes all of it business.
last_pipelines as (

    select
        hubspot_states.record_id,
        hubspot_states.pipeline_id,
        coalesce(boolor_agg(stage_map.is_revenue), true) as is_revenue
    from (
        select * from hubspot_states
        qualify row_number() over (partition by record_id order by valid_from desc) = 1
    ) as hubspot_states
    left join stage_map
        on stage_map.source = 'hubspot'
        and stage_map.connection_id = hubspot_states.connection_id
        and stage_map.pipeline_id = hubspot_states.pipeline_id
        and stage_map.stage_id = hubspot_states.stage_id
    group by hubspot_states.record_id, hubspot_states.pipeline_id

),

first_states as (

    select
        record_id,
        min(valid_from) as known_from
    from hubspot_states
    group by record_id

    union all

    select
        record_id,
        min(valid_from) as known_from
    from salesforce_states
    group by record_id

),

history_arrivals as (

    select
        md5('salesforce|' || histories.connection_id || '|opportunity|' || histories.opportunity_id) as record_id,
        max(records.landed_at) as landed_at
    from histories
    inner join records on records.record_id = histories.record_id
    group by histories.connection_id, histories.opportunity_id

),

described as (

    select
        coalesce(paired.hubspot_record_id, paired.salesforce_record_id) as deal_key,
        case
            when paired.hubspot_record_id is null then 'salesforce'
            when paired.salesforce_record_id is null then 'hubspot'
            else '{{ var("crm_of_record") }}'
        end as crm_of_record,
        paired.hubspot_record_id,
        paired.salesforce_record_id,
        deals.deal_id as hubspot_deal_id,
        opportunities.opportunity_id as salesforce_opportunity_id,
        deal_companies.company_id,
        opportunities.account_id,
        paired.link_evidence,
        coalesce(hubspot_owners.email, salesforce_users.email) as owner_email,
        coalesce(deals.deal_name, opportunities.opportunity_name) as deal_name,
        case
            when not coalesce(last_pipelines.is_revenue, true) then 'no revenue pipeline'
            else coalesce(company_domains.reason, account_domains.reason)
        end as excluded_because,
        (
            coalesce(deals.amount != opportunities.amount, false)
            and paired.link_evidence is not null
        ) as is_amount_disputed,
        -- Nobody tells when a deal was created that was gone before it was read; not before its first stage.
        coalesce(
            deals.created_at,
            opportunities.created_at,
            first_states.known_from,
            deals.first_received_at,
            opportunities.first_received_at
        ) as created_at,
        greatest_ignore_nulls(
            deal_records.landed_at,
            opportunity_records.landed_at,
            history_arrivals.landed_at
        ) as landed_at
    from paired
    left join deals on deals.record_id = paired.hubspot_record_id
    left join opportunities on opportunities.record_id = paired.salesforce_record_id
    left join records as deal_records on deal_records.record_id = paired.hubspot_record_id
    left join records as opportunity_records on opportunity_records.record_id = paired.salesforce_record_id
    left join history_arrivals on history_arrivals.record_id = paired.salesforce_record_id
    left join hubspot_owners
        on hubspot_owners.connection_id = deals.connection_id
        and hubspot_owners.owner_id = deals.owner_id
    left join salesforce_users
        on salesforce_users.connection_id = opportunities.connection_id
        and salesforce_users.user_id = opportunities.owner_id
    left join deal_companies on deal_companies.deal_key = paired.hubspot_record_id
    left join companies
        on companies.connection_id = deals.connection_id
        and companies.company_id = deal_companies.company_id
    left join excluded_domains as company_domains on company_domains.domain = companies.domain
    left join accounts
        on accounts.connection_id = opportunities.connection_id
        and accounts.account_id = opportunities.account_id
    left join excluded_domains as account_domains on account_domains.domain = accounts.domain
    left join first_states
        on first_states.record_id = coalesce(paired.hubspot_record_id, paired.salesforce_record_id)
    left join last_pipelines on last_pipelines.record_id = paired.hubspot_record_id

)

select * from described
