with

subscriptions as (

    select company_id from {{ ref('stg_custom__subscription_versions') }}

),

invoices as (

    select company_id from {{ ref('stg_custom__invoices') }}

),

account_map as (

    select * from {{ ref('int_identity__account_map') }}

),

company_keys as (

    select * from {{ ref('int_health__company_keys') }}

),

domains as (

    select * from {{ ref('int_health__domains') }}

),

told as (

    select company_id as account_id from subscriptions
    where company_id is not null
    union
    select company_id as account_id from invoices
    where company_id is not null

),

customers as (

    select
        source_id,
        min(account_key) as account_key
    from account_map
    where source = 'custom' and record_kind = 'customer'
    group by source_id

),

-- Billing names the CRM's company, by its id or, where a sender knows no better, by its domain. Whoever it alone knows
-- is an account by that; an invoice without a subscription makes none.
accounts as (

    select
        told.account_id,
        coalesce(
            company_keys.account_key, domains.account_key, customers.account_key, told.account_id
        ) as parent_account_id,
        coalesce(company_keys.account_key, domains.account_key, customers.account_key) is not null as is_known_account
    from told
    left join company_keys on company_keys.company_id = told.account_id
    left join domains on domains.domain = lower(told.account_id)
    left join customers on customers.source_id = told.account_id

)

select * from accounts
