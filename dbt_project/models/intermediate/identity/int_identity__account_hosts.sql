with

accounts as (

    select * from {{ ref('int_identity__account_records') }}

),

organizations as (

    select * from {{ ref('stg_zendesk__organizations') }}

),

customers as (

    select * from {{ ref('stg_linear__customers') }}

),

told as (

    select
        node_id,
        host
    from accounts

    union

    select
        {{ node_of(
            'zendesk', 'organization', 'organizations.organization_id', 'organizations.connection_id'
        ) }} as node_id,
        {{ host_of('listed.value::varchar') }} as host
    from organizations
    inner join lateral flatten(input => organizations.domain_names) as listed

    union

    select
        {{ node_of('linear', 'customer', 'customers.customer_id', 'customers.connection_id') }} as node_id,
        {{ host_of('listed.value::varchar') }} as host
    from customers
    inner join lateral flatten(input => customers.domains) as listed

),

hosts as (

    select
        md5(node_id || '|' || host) as account_host_key,
        node_id,
        host
    from told
    where host is not null

)

select * from hosts
