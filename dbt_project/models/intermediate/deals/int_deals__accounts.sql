with

deals as (

    select * from {{ ref('int_deals__unified') }}

),

company_keys as (

    select * from {{ ref('int_health__company_keys') }}

),

-- As of HubSpot's companies: an id that an organisation and a copy of it gave to two accounts names neither.
salesforce_keys as (

    select
        source_id,
        min(account_key) as account_key
    from {{ ref('int_identity__account_map') }}
    where source = 'salesforce' and record_kind = 'account'
    group by source_id
    having count(distinct account_key) = 1

),

-- HubSpot's company comes first, as in calls.
keyed as (

    select
        deals.deal_key,
        coalesce(company_keys.account_key, salesforce_keys.account_key) as account_key
    from deals
    left join company_keys on company_keys.company_id = deals.company_id
    left join salesforce_keys on salesforce_keys.source_id = deals.account_id
    where coalesce(company_keys.account_key, salesforce_keys.account_key) is not null

)

select * from keyed
