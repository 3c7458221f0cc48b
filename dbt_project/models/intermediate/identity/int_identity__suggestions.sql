with

account_map as (

    select * from {{ ref('int_identity__account_map') }}
    where is_live

),

records as (

    select * from {{ ref('int_identity__account_records') }}

),

parents as (

    select * from {{ ref('int_identity__parents') }}

),

named as (

    select distinct
        account_map.account_key,
        records.name_key
    from account_map
    inner join records on records.node_id = account_map.node_id
    where records.name_key is not null

),

-- A name alone ties nothing: there is an Oakridge Homes in every state.
pairs as (

    select
        md5(named.account_key || '|' || others.account_key) as suggestion_key,
        named.account_key,
        others.account_key as other_account_key,
        named.name_key
    from named
    inner join named as others on others.name_key = named.name_key and others.account_key > named.account_key
    left join parents
        on (parents.account_key = named.account_key and parents.parent_key = others.account_key)
        or (parents.account_key = others.account_key and parents.parent_key = named.account_key)
    where parents.account_key is null
    qualify row_number() over (
        partition by named.account_key, others.account_key
        order by named.name_key
    ) = 1

)

select * from pairs
