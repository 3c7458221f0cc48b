{#- Residents write to these; everybody else whom they know is known elsewhere too. -#}
{%- set resident_facing = "'intercom', 'zendesk'" %}

with

components as (

    select * from {{ ref('int_identity__components') }}
    where node_type = 'person' and is_record

),

records as (

    select * from {{ ref('int_identity__person_records') }}

),

domains as (

    select * from {{ ref('int_identity__domains') }}
    where is_linking

),

account_domains as (

    select distinct domain
    from {{ ref('int_identity__account_domains') }}
    where rule = 'domain'

),

account_map as (

    select * from {{ ref('int_identity__account_map') }}

),

ties as (

    select
        components.component_id,
        records.source not in ({{ resident_facing }}) as is_in_business_system,
        account_domains.domain is not null as has_account_domain,
        account_map.account_key is not null as is_under_account,
        records.source
    from components
    inner join records on records.node_id = components.node_id
    left join domains on domains.host = records.host
    left join account_domains on account_domains.domain = domains.domain
    left join account_map on account_map.node_id = records.account_node_id

),

judged as (

    select
        component_id,
        min(source) as first_source,
        count(*) as record_count,
        max(iff(is_in_business_system or has_account_domain or is_under_account, 1, 0)) = 1 as is_business
    from ties
    group by component_id

)

select * from judged
