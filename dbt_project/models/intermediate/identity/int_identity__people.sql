with

person_map as (

    select * from {{ ref('int_identity__person_map') }}

),

records as (

    select * from {{ ref('int_identity__person_records') }}

),

domains as (

    select * from {{ ref('int_identity__domains') }}
    where is_linking

),

account_map as (

    select * from {{ ref('int_identity__account_map') }}

),

-- A site that several accounts name does not say for which of them somebody works.
domain_accounts as (

    select
        account_domains.domain,
        min(account_map.account_key) as account_key
    from {{ ref('int_identity__account_domains') }} as account_domains
    inner join account_map on account_map.node_id = account_domains.node_id
    where account_domains.rule = 'domain' and account_map.is_live
    group by account_domains.domain
    having count(distinct account_map.account_key) = 1

),

known as (

    select
        person_map.person_key,
        records.node_id,
        records.full_name,
        records.email,
        records.job_title,
        records.is_live,
        records.first_seen_at,
        coalesce(account_map.account_key, domain_accounts.account_key) as account_key,
        account_map.account_key is not null as is_account_told,
        decode(
            records.source,
            'hubspot', 1,
            'salesforce', 2,
            'apollo', 3,
            'zendesk', 4,
            'gong', 5,
            'intercom', 6,
            'slack', 7,
            8
        ) as source_rank
    from person_map
    inner join records on records.node_id = person_map.node_id
    left join account_map on account_map.node_id = records.account_node_id
    left join domains on domains.host = records.host
    left join domain_accounts on domain_accounts.domain = domains.domain

),

-- What a deleted or erased record told of a person is not told again.
ranked as (

    select
        person_key,
        first_value(full_name) over (
            partition by person_key
            order by iff(is_live and full_name is not null, 0, 1), source_rank, first_seen_at desc, node_id
        ) as full_name,
        first_value(email) over (
            partition by person_key
            order by iff(is_live and email is not null, 0, 1), source_rank, first_seen_at desc, node_id
        ) as email,
        first_value(job_title) over (
            partition by person_key
            order by iff(is_live and job_title is not null, 0, 1), source_rank, first_seen_at desc, node_id
        ) as job_title,
        first_value(account_key) over (
            partition by person_key
            order by
                iff(account_key is null, 1, 0),
                iff(is_live, 0, 1),
                iff(is_account_told, 0, 1),
                source_rank,
                first_seen_at desc,
                node_id
        ) as account_key
    from known

),

chosen as (

    select distinct * from ranked

),

summed as (

    select
        person_key,
        array_agg(node_id) within group (order by node_id) as record_ids,
        count(*) as record_count,
        count(distinct account_key) as account_count,
        max(iff(is_live, 1, 0)) = 0 as is_deleted,
        min(first_seen_at) as first_seen_at
    from known
    group by person_key

),

people as (

    select
        summed.person_key,
        chosen.account_key,
        iff(summed.is_deleted, null, chosen.full_name) as full_name,
        iff(summed.is_deleted, null, chosen.email) as email,
        iff(summed.is_deleted, null, chosen.job_title) as job_title,
        summed.record_ids,
        summed.record_count,
        summed.account_count,
        summed.is_deleted,
        summed.first_seen_at
    from summed
    inner join chosen on chosen.person_key = summed.person_key

)

select * from people
