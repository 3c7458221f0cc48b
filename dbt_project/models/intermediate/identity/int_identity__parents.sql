with

records as (

    select * from {{ ref('int_identity__account_records') }}
    where is_live and parent_source_id is not null

),

account_map as (

    select * from {{ ref('int_identity__account_map') }}

),

named as (

    select
        children.account_key,
        parents.account_key as parent_key,
        records.source,
        records.first_seen_at
    from records
    inner join account_map as children on children.node_id = records.node_id
    inner join account_map as parents
        on parents.source = records.source
        and parents.connection_id = records.connection_id
        and parents.record_kind = records.record_kind
        and parents.source_id = records.parent_source_id
    where children.account_key != parents.account_key

),

-- Two CRMs may name two operators: HubSpot's counts, as it does for names.
one_parent as (

    select * from named
    qualify row_number() over (
        partition by account_key
        order by iff(source = 'hubspot', 0, 1), first_seen_at, parent_key
    ) = 1

),

-- Two accounts that each claim to be the other's part: neither is.
without_circles as (

    select
        one_parent.account_key,
        one_parent.parent_key,
        one_parent.source
    from one_parent
    left join one_parent as upwards on upwards.account_key = one_parent.parent_key
    where coalesce(upwards.parent_key, '') != one_parent.account_key

)

select * from without_circles
