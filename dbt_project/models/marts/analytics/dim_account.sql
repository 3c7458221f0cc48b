{#- Portfolios from these many units on; where nobody bills units, employees say it. -#}
{%- set segments = [('enterprise', 5000, 500), ('mid_market', 1000, 100), ('small', 0, 0)] %}

with

account_map as (

    select * from {{ ref('int_identity__account_map') }}

),

records as (

    select * from {{ ref('int_identity__account_records') }}

),

account_domains as (

    select * from {{ ref('int_identity__account_domains') }}

),

parents as (

    select * from {{ ref('int_identity__parents') }}

),

owners as (

    select
        'hubspot' as source,
        connection_id,
        owner_id,
        email as owner_email
    from {{ ref('stg_hubspot__owners') }}

    union all

    select
        'salesforce' as source,
        connection_id,
        user_id as owner_id,
        email as owner_email
    from {{ ref('stg_salesforce__users') }}

),

known as (

    select
        account_map.account_key,
        records.node_id,
        records.account_name,
        records.is_live,
        records.employee_count,
        records.unit_count,
        records.first_seen_at,
        account_domains.domain,
        owners.owner_email,
        decode(
            records.source,
            'hubspot', 1,
            'salesforce', 2,
            'apollo', 3,
            'zendesk', 4,
            'intercom', 5,
            'linear', 6,
            7
        ) as source_rank
    from account_map
    inner join records on records.node_id = account_map.node_id
    left join account_domains on account_domains.node_id = records.node_id
    left join owners
        on owners.source = records.source
        and owners.connection_id = records.connection_id
        and owners.owner_id = records.owner_id
    -- A record with several sites counts once, with the first by name.
    qualify row_number() over (partition by records.node_id order by account_domains.domain) = 1

),

-- Of several records the CRM's, of those the oldest: a double comes later.
ranked as (

    select
        account_key,
        first_value(account_name) over (
            partition by account_key
            order by iff(account_name is null, 1, 0), iff(is_live, 0, 1), source_rank, first_seen_at, node_id
        ) as account_name,
        first_value(domain) over (
            partition by account_key
            order by iff(domain is null, 1, 0), iff(is_live, 0, 1), source_rank, first_seen_at, node_id
        ) as domain,
        first_value(owner_email) over (
            partition by account_key
            order by iff(owner_email is null, 1, 0), iff(is_live, 0, 1), source_rank, first_seen_at, node_id
        ) as owner_email
    from known

),

chosen as (

    select distinct * from ranked

),

summed as (

    select
        account_key,
        array_agg(node_id) within group (order by node_id) as record_ids,
        count(*) as record_count,
        max(iff(is_live, employee_count, null)) as employee_count,
        max(iff(is_live, unit_count, null)) as unit_count,
        max(iff(is_live, 1, 0)) = 0 as is_deleted,
        min(first_seen_at) as first_seen_at
    from known
    group by account_key

),

customers as (

    select account_map.account_key
    from {{ ref('int_deals__stage_intervals') }} as won_intervals
    inner join {{ ref('int_deals__companies') }} as deal_companies
        on deal_companies.deal_key = won_intervals.deal_key
    inner join account_map
        on account_map.source = 'hubspot'
        and account_map.record_kind = 'company'
        and account_map.connection_id = deal_companies.connection_id
        and account_map.source_id = deal_companies.company_id
    where won_intervals.is_won and won_intervals.valid_to is null

    union

    select account_map.account_key
    from {{ ref('stg_salesforce__opportunities') }} as opportunities
    inner join account_map
        on account_map.source = 'salesforce'
        and account_map.record_kind = 'account'
        and account_map.connection_id = opportunities.connection_id
        and account_map.source_id = opportunities.account_id
    where opportunities.is_won and not opportunities.is_deleted

),

accounts as (

    select
        summed.account_key::varchar as account_key,
        parents.parent_key::varchar as parent_key,
        chosen.account_name::varchar as account_name,
        chosen.domain::varchar as domain,
        chosen.owner_email::varchar as owner_email,
        case
            {%- for name, units, employees in segments %}
            when summed.unit_count >= {{ units }} then '{{ name }}'
            {%- endfor %}
            {%- for name, units, employees in segments %}
            when summed.employee_count >= {{ employees }} then '{{ name }}'
            {%- endfor %}
        end::varchar as segment,
        summed.record_ids::array as record_ids,
        summed.record_count::number(18, 0) as record_count,
        summed.unit_count::number(18, 0) as unit_count,
        summed.employee_count::number(18, 0) as employee_count,
        (customers.account_key is not null)::boolean as is_customer,
        summed.is_deleted::boolean as is_deleted,
        summed.first_seen_at::timestamp_ntz as first_seen_at
    from summed
    inner join chosen on chosen.account_key = summed.account_key
    left join parents on parents.account_key = summed.account_key
    left join customers on customers.account_key = summed.account_key

)

select * from accounts
