with

companies as (

    select * from {{ ref('stg_hubspot__companies') }}
    where domain is not null

),

-- A merged company's domain is the winner's. A domain of two accounts (a host many of them share, a parent's) tells
-- nothing about whose an address in it is.
domains as (

    select
        domain,
        min(coalesce(merged_into_id, company_id)) as account_id
    from companies
    group by domain
    having count(distinct coalesce(merged_into_id, company_id)) = 1

)

select * from domains
