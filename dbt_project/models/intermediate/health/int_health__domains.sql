with

account_domains as (

    select * from {{ ref('int_identity__account_domains') }}
    where rule = 'domain'

),

account_map as (

    select * from {{ ref('int_identity__account_map') }}
    where is_live

),

-- A domain of two accounts (a host many of them share, a parent's) tells nothing about whose an address in it is.
domains as (

    select
        account_domains.domain,
        min(account_map.account_key) as account_key
    from account_domains
    inner join account_map on account_map.node_id = account_domains.node_id
    group by account_domains.domain
    having count(distinct account_map.account_key) = 1

)

select * from domains
