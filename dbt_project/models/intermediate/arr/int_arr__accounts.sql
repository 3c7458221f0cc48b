with

subscriptions as (

    select company_id from {{ ref('stg_custom__subscription_versions') }}

),

invoices as (

    select company_id from {{ ref('stg_custom__invoices') }}

),

companies as (

    select * from {{ ref('stg_hubspot__companies') }}

),

told as (

    select company_id as account_id from subscriptions
    where company_id is not null
    union
    select company_id as account_id from invoices
    where company_id is not null

),

-- Billing names the CRM's company, by its id or, where a sender knows no better, by its domain.
matches as (

    select
        told.account_id,
        companies.company_id,
        companies.merged_into_id,
        companies.company_id = told.account_id as is_by_id,
        companies.is_deleted
    from told
    inner join companies
        on companies.company_id = told.account_id
        or (companies.domain = lower(told.account_id) and not companies.is_deleted and not companies.is_merged)

),

best_match as (

    select * from matches
    qualify row_number() over (partition by account_id order by is_by_id desc, is_deleted, company_id) = 1

),

accounts as (

    select
        told.account_id,
        coalesce(best_match.merged_into_id, best_match.company_id, told.account_id) as parent_account_id,
        best_match.company_id is not null as is_known_account
    from told
    left join best_match on best_match.account_id = told.account_id

)

select * from accounts
