with

accounts as (

    select * from {{ ref('dim_account') }}

),

account_map as (

    select * from {{ ref('int_identity__account_map') }}

),

records as (

    select * from {{ ref('int_identity__account_records') }}

),

-- The record people know an account by: the CRM's, of those the oldest that is still there; a double comes later.
first_records as (

    select
        account_map.account_key,
        account_map.source,
        account_map.source_id,
        records.owner_id
    from account_map
    inner join records on records.node_id = account_map.node_id
    qualify row_number() over (
        partition by account_map.account_key
        order by
            iff(account_map.is_live, 0, 1),
            decode(account_map.source, 'hubspot', 1, 'salesforce', 2, 'custom', 3, 4),
            account_map.first_seen_at,
            account_map.node_id
    ) = 1

),

named as (

    select
        accounts.account_key,
        first_records.source_id as account_id,
        first_records.source as account_source,
        accounts.account_name,
        accounts.domain,
        first_records.owner_id,
        accounts.owner_email,
        accounts.is_deleted,
        accounts.first_seen_at
    from accounts
    inner join first_records on first_records.account_key = accounts.account_key

)

select * from named
