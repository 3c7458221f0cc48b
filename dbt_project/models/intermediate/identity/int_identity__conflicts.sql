{%- set largest_component = 50 %}

with

records as (

    select * from {{ ref('int_identity__account_records') }}

),

components as (

    select * from {{ ref('int_identity__candidate_components') }}

),

edges as (

    select * from {{ ref('int_identity__edges') }}
    where node_type = 'account'

),

members as (

    select
        components.component_id,
        records.node_id,
        records.source,
        records.connection_id,
        records.name_key,
        records.is_live and records.source in ('hubspot', 'salesforce') as is_live_crm_record
    from records
    inner join components on components.node_id = records.node_id

),

-- Live records of one CRM that bear different names, and that no merge in that CRM made one.
crm_names as (

    select
        component_id,
        source,
        connection_id,
        count(distinct coalesce(name_key, node_id)) as name_count
    from members
    where is_live_crm_record
    group by component_id, source, connection_id

),

sizes as (

    select
        members.component_id,
        count(*) as record_count,
        array_agg(members.node_id) within group (order by members.node_id) as node_ids,
        coalesce(max(crm_names.name_count), 0) as most_names
    from members
    left join crm_names on crm_names.component_id = members.component_id and crm_names.source = members.source
    group by members.component_id

),

component_edges as (

    select
        components.component_id,
        max(iff(edges.is_contradicted, 1, 0)) as has_contradiction,
        max(decode(edges.strength, 'weakest', 3, 'medium', 2, 'corroborated', 1, 0)) as weakest_rank
    from edges
    inner join components on components.node_id = edges.node_a
    where not edges.is_never_link
    group by components.component_id

),

suspicious as (

    select
        md5('component|' || sizes.component_id) as conflict_key,
        iff(sizes.record_count > {{ largest_component }}, 'too_large', 'two_live_records') as conflict_kind,
        sizes.component_id as subject,
        sizes.record_count,
        sizes.node_ids,
        case
            when component_edges.has_contradiction = 1 then 'contradicted'
            else decode(component_edges.weakest_rank, 3, 'weakest', 2, 'medium', 1, 'corroborated', 'nothing')
        end as cut_edges
    from sizes
    inner join component_edges on component_edges.component_id = sizes.component_id
    where sizes.record_count > {{ largest_component }} or sizes.most_names > 1

),

contested_domains as (

    select
        md5('domain|' || domain) as conflict_key,
        'contested_domain' as conflict_kind,
        'domain:' || domain as subject,
        count(*) as record_count,
        array_agg(node_id) within group (order by node_id) as node_ids,
        'same_domain' as cut_edges
    from {{ ref('int_identity__account_domains') }}
    where is_contested
    group by domain

),

kept_apart as (

    select
        md5('edge|' || edge_key) as conflict_key,
        'never_link' as conflict_kind,
        node_a as subject,
        2 as record_count,
        array_construct(node_a, node_b) as node_ids,
        rule as cut_edges
    from edges
    where is_never_link

),

conflicts as (

    select * from suspicious
    union all
    select * from contested_domains
    union all
    select * from kept_apart

)

select * from conflicts
