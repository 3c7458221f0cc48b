with

account_map as (

    select * from {{ ref('int_identity__account_map') }}
    where source = 'hubspot' and record_kind = 'company'

),

-- Calls, mentions and deals name the company by HubSpot's id alone; an id that two portals gave to two companies names
-- neither.
company_keys as (

    select
        source_id as company_id,
        min(account_key) as account_key
    from account_map
    group by source_id
    having count(distinct account_key) = 1

)

select * from company_keys
