with

records as (

    select * from {{ ref('int_identity__account_records') }}

),

hosts as (

    select * from {{ ref('int_identity__account_hosts') }}

),

domains as (

    select * from {{ ref('int_identity__domains') }}
    where is_linking

),

contacts as (

    select * from {{ ref('int_identity__person_records') }}
    where is_live and email is not null and account_node_id is not null

),

own_domains as (

    select distinct
        hosts.node_id,
        domains.domain
    from hosts
    inner join domains on domains.host = hosts.host

),

-- A record that names no site of its own, and is nobody's part, is known by where at least two of its contacts write
-- from.
contact_domains as (

    select
        records.node_id,
        domains.domain
    from records
    inner join contacts on contacts.account_node_id = records.node_id
    inner join domains on domains.host = contacts.host
    left join own_domains on own_domains.node_id = records.node_id
    where own_domains.node_id is null and records.parent_source_id is null
    group by records.node_id, domains.domain
    having count(distinct contacts.email) >= 2
    qualify count(*) over (partition by records.node_id) = 1

),

memberships as (

    select
        node_id,
        domain,
        'domain' as rule
    from own_domains

    union all

    select
        node_id,
        domain,
        'contact_domain' as rule
    from contact_domains

),

-- Two live records of one CRM with the same site and different names are two accounts until somebody says otherwise.
several_names as (

    select memberships.domain
    from memberships
    inner join records on records.node_id = memberships.node_id
    where
        records.is_live
        and records.record_kind in ('company', 'account')
        and records.source in ('hubspot', 'salesforce')
    group by memberships.domain, records.source, records.connection_id
    having count(distinct coalesce(records.name_key, records.node_id)) > 1

),

-- A property listed under its operator's site is not the operator.
under_its_parent as (

    select distinct children.domain
    from memberships as children
    inner join records on records.node_id = children.node_id
    inner join memberships as parents
        on parents.node_id = (
            records.source || ':' || records.connection_id || ':' || records.record_kind || ':'
            || records.parent_source_id
        )
        and parents.domain = children.domain

),

contested as (

    select domain from several_names
    union
    select domain from under_its_parent

),

judged as (

    select
        md5(memberships.node_id || '|' || memberships.domain) as account_domain_key,
        memberships.node_id,
        memberships.domain,
        memberships.rule,
        records.name_key,
        records.first_seen_at,
        contested.domain is not null as is_contested
    from memberships
    inner join records on records.node_id = memberships.node_id
    left join contested on contested.domain = memberships.domain

)

select * from judged
