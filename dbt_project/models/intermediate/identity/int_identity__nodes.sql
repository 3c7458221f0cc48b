with

records as (

    select
        node_id,
        'account' as node_type,
        source,
        record_kind,
        is_live,
        first_seen_at
    from {{ ref('int_identity__account_records') }}

    union all

    select
        node_id,
        'person' as node_type,
        source,
        record_kind,
        is_live,
        first_seen_at
    from {{ ref('int_identity__person_records') }}

),

edge_ends as (

    select node_type, node_a as node_id, first_seen_at from {{ ref('int_identity__edges') }}
    union all
    select node_type, node_b as node_id, first_seen_at from {{ ref('int_identity__edges') }}

),

-- Domains and addresses: what several records have in common. They are nobody's record and never the root of a key.
shared_nodes as (

    select
        edge_ends.node_id,
        edge_ends.node_type,
        null as source,
        split_part(edge_ends.node_id, ':', 1) as record_kind,
        true as is_live,
        min(edge_ends.first_seen_at) as first_seen_at
    from edge_ends
    left join records on records.node_id = edge_ends.node_id
    where records.node_id is null
    group by edge_ends.node_id, edge_ends.node_type

),

nodes as (

    select *, true as is_record from records
    union all
    select *, false as is_record from shared_nodes

)

select * from nodes
