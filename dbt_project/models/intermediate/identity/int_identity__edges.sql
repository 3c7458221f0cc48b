with

account_records as (

    select * from {{ ref('int_identity__account_records') }}

),

person_records as (

    select * from {{ ref('int_identity__person_records') }}

),

account_domains as (

    select * from {{ ref('int_identity__account_domains') }}

),

overrides as (

    select * from {{ ref('identity_overrides') }}

),

shared_mailboxes as (

    select * from {{ ref('shared_mailboxes') }}

),

records as (

    select
        'account' as node_type,
        node_id,
        source,
        record_kind,
        iff(source = 'salesforce', {{ salesforce_id('source_id') }}, source_id) as source_id,
        null as name_key,
        null as email,
        first_seen_at
    from account_records

    union all

    select
        'person' as node_type,
        node_id,
        source,
        record_kind,
        iff(source = 'salesforce', {{ salesforce_id('source_id') }}, source_id) as source_id,
        name_key,
        email,
        first_seen_at
    from person_records

),

-- An external id may be a number of somebody else's counting: of two people with neither name nor address in common it
-- is no evidence.
reference_edges as (

    select
        records.node_type,
        naming.node_id as node_a,
        records.node_id as node_b,
        naming.rule,
        'strong' as strength,
        greatest(records.first_seen_at, named_by.first_seen_at) as first_seen_at
    from {{ ref('int_identity__references') }} as naming
    inner join records
        on records.source = naming.refers_to_source
        and records.record_kind = naming.refers_to_kind
        and records.source_id = naming.refers_to_id
    inner join records as named_by on named_by.node_id = naming.node_id and named_by.node_type = records.node_type
    where
        records.node_id != naming.node_id
        and not (
            naming.rule = 'external_id'
            and coalesce(records.name_key != named_by.name_key, false)
            and coalesce(records.email != named_by.email, false)
        )

),

-- Where a site is contested, only records that also bear the same name are one.
domain_edges as (

    select
        'account' as node_type,
        node_id as node_a,
        'domain:' || domain || iff(is_contested, '#' || name_key, '') as node_b,
        iff(is_contested, 'domain_and_name', rule) as rule,
        case when is_contested then 'corroborated' when rule = 'domain' then 'medium' else 'weakest' end as strength,
        first_seen_at
    from account_domains
    where not is_contested or name_key is not null

),

link_overrides as (

    select
        'account' as node_type,
        left_node as node_a,
        right_node as node_b,
        'override' as rule,
        'absolute' as strength,
        '1970-01-01'::timestamp_ntz as first_seen_at
    from overrides
    where decision = 'link'

),

-- One address under two names of one CRM is a mailbox that several people read.
several_names as (

    select email
    from person_records
    where is_live and record_kind = 'contact' and source in ('hubspot', 'salesforce') and email is not null
    group by email, source, connection_id
    having count(distinct coalesce(name_key, node_id)) > 1

),

email_edges as (

    select
        'person' as node_type,
        person_records.node_id as node_a,
        {{ email_node('person_records.email') }} as node_b,
        'email' as rule,
        'strong' as strength,
        person_records.first_seen_at
    from person_records
    left join shared_mailboxes on shared_mailboxes.local_part = person_records.local_part
    left join several_names on several_names.email = person_records.email
    where
        person_records.email is not null
        and shared_mailboxes.local_part is null
        and several_names.email is null

),

told as (

    select * from reference_edges
    union all
    select * from domain_edges
    union all
    select * from link_overrides
    union all
    select * from email_edges

),

never_link as (

    select
        override_id,
        left_node,
        right_node
    from overrides
    where decision = 'never_link'

),

-- Which side of a pair that must stay apart a node is on: the node named, or a record with that domain.
sided_nodes as (

    select override_id, left_node as node_id, 'left' as side from never_link
    union
    select override_id, right_node as node_id, 'right' as side from never_link
    union
    select never_link.override_id, account_domains.node_id, 'left' as side
    from never_link
    inner join account_domains on 'domain:' || account_domains.domain = never_link.left_node
    union
    select never_link.override_id, account_domains.node_id, 'right' as side
    from never_link
    inner join account_domains on 'domain:' || account_domains.domain = never_link.right_node

),

neighbours as (

    select node_a as node_id, node_b as neighbour_id from told
    union
    select node_b as node_id, node_a as neighbour_id from told
    union
    select node_id, node_id as neighbour_id from sided_nodes

),

-- A node beside both sides ties them together; which of them it belongs to nobody knows, so it belongs to neither. A
-- node with a side of its own keeps what is not on the other.
sides_reached as (

    select
        neighbours.node_id,
        sided_nodes.override_id,
        max(iff(sided_nodes.side = 'left', 1, 0)) as reaches_left,
        max(iff(sided_nodes.side = 'right', 1, 0)) as reaches_right,
        max(iff(neighbours.node_id = neighbours.neighbour_id and sided_nodes.side = 'left', 1, 0)) as is_left,
        max(iff(neighbours.node_id = neighbours.neighbour_id and sided_nodes.side = 'right', 1, 0)) as is_right
    from neighbours
    inner join sided_nodes on sided_nodes.node_id = neighbours.neighbour_id
    group by neighbours.node_id, sided_nodes.override_id

),

bridges as (

    select distinct node_id
    from sides_reached
    where reaches_left = 1 and reaches_right = 1 and is_left = is_right

),

across as (

    select distinct
        told.node_a,
        told.node_b
    from told
    inner join sides_reached as side_a on side_a.node_id = told.node_a
    inner join sides_reached as side_b
        on side_b.node_id = told.node_b and side_b.override_id = side_a.override_id
    where (side_a.is_left = 1 and side_b.is_right = 1) or (side_a.is_right = 1 and side_b.is_left = 1)

),

-- Two records that both name a site, and not the same one, disagree with whoever says they are one.
sites_disagree as (

    select
        reference_edges.node_a,
        reference_edges.node_b
    from reference_edges
    inner join account_domains as sites_a on sites_a.node_id = reference_edges.node_a
    inner join account_domains as sites_b on sites_b.node_id = reference_edges.node_b
    where reference_edges.rule != 'merged' and sites_a.rule = 'domain' and sites_b.rule = 'domain'
    group by reference_edges.node_a, reference_edges.node_b
    having max(iff(sites_a.domain = sites_b.domain, 1, 0)) = 0

),

edges as (

    select
        md5(told.node_a || '|' || told.node_b || '|' || told.rule) as edge_key,
        told.node_type,
        told.node_a,
        told.node_b,
        told.rule,
        told.strength,
        sites_disagree.node_a is not null as is_contradicted,
        across.node_a is not null or bridge_a.node_id is not null or bridge_b.node_id is not null as is_never_link,
        told.first_seen_at
    from told
    left join across on across.node_a = told.node_a and across.node_b = told.node_b
    left join bridges as bridge_a on bridge_a.node_id = told.node_a
    left join bridges as bridge_b on bridge_b.node_id = told.node_b
    left join sites_disagree on sites_disagree.node_a = told.node_a and sites_disagree.node_b = told.node_b

)

select * from edges
