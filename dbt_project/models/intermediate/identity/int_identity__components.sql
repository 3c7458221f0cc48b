with

nodes as (

    select * from {{ ref('int_identity__nodes') }}

),

conflicts as (

    select * from {{ ref('int_identity__conflicts') }}
    where conflict_kind in ('too_large', 'two_live_records')

),

candidates as (

    select * from {{ ref('int_identity__candidate_components') }}

),

all_edges as (

    select * from {{ ref('int_identity__edges') }}
    where not is_never_link

),

-- A suspicious component falls apart along its weakest ties; the rest of it stays together.
edges as (

    select all_edges.*
    from all_edges
    inner join candidates on candidates.node_id = all_edges.node_a
    left join conflicts on conflicts.subject = candidates.component_id
    where
        conflicts.subject is null
        or not (
            (conflicts.cut_edges = 'contradicted' and all_edges.is_contradicted)
            or conflicts.cut_edges = all_edges.strength
        )

),

{{ connected_components('nodes', 'edges') }},

described as (

    select
        labelled.node_id,
        labelled.component_id,
        nodes.node_type,
        nodes.is_record,
        nodes.first_seen_at
    from labelled
    inner join nodes on nodes.node_id = labelled.node_id

)

select * from described
