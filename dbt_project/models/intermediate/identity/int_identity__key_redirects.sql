with

account_keys as (

    select * from {{ ref('int_identity__account_keys') }}

),

person_keys as (

    select * from {{ ref('int_identity__person_keys') }}

),

account_map as (

    select * from {{ ref('int_identity__account_map') }}

),

person_map as (

    select * from {{ ref('int_identity__person_map') }}

),

-- Straight to the key that holds the anchor now, so a chain of merges is one step.
redirects as (

    select
        account_keys.identity_key as retired_key,
        'account' as node_type,
        account_map.account_key as current_key
    from account_keys
    inner join account_map on account_map.node_id = account_keys.anchor_node_id
    where account_map.account_key != account_keys.identity_key

    union all

    select
        person_keys.identity_key as retired_key,
        'person' as node_type,
        person_map.person_key as current_key
    from person_keys
    inner join person_map on person_map.node_id = person_keys.anchor_node_id
    where person_map.person_key != person_keys.identity_key

)

select * from redirects
