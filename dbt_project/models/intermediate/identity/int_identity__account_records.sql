with

hubspot_properties as (

    select
        record_id,
        max(iff(property_name = 'hs_parent_company_id', property_value, null)) as parent_id,
        max(iff(property_name = 'numberofemployees', property_value, null)) as employee_count
    from {{ ref('base_hubspot__property_changes') }}
    where stream = 'company' and is_current
    group by record_id

),

hubspot_companies as (

    {{ account_columns(
        'hubspot', 'company', 'companies.company_id',
        account_name='companies.company_name',
        site='companies.domain',
        parent_source_id='hubspot_properties.parent_id',
        owner_id='companies.owner_id',
        employee_count='try_to_number(hubspot_properties.employee_count)',
        record_id='companies.record_id',
        connection_id='companies.connection_id',
        is_live='not companies.is_deleted and not companies.is_merged',
        created_at='companies.created_at',
        first_received_at='companies.first_received_at'
    ) }}
    from {{ ref('stg_hubspot__companies') }} as companies
    left join hubspot_properties on hubspot_properties.record_id = companies.record_id

),

salesforce_accounts as (

    {{ account_columns(
        'salesforce', 'account', 'account_id',
        account_name='account_name',
        site='domain',
        parent_source_id='parent_id',
        owner_id='owner_id',
        employee_count='employee_count'
    ) }}
    from {{ ref('stg_salesforce__accounts') }}

),

apollo_accounts as (

    {{ account_columns('apollo', 'account', 'account_id', account_name='account_name', site='domain') }}
    from {{ ref('stg_apollo__accounts') }}

),

intercom_companies as (

    {{ account_columns('intercom', 'company', 'company_id', account_name='company_name', site='website') }}
    from {{ ref('stg_intercom__companies') }}

),

zendesk_organizations as (

    {{ account_columns('zendesk', 'organization', 'organization_id', account_name='organization_name') }}
    from {{ ref('stg_zendesk__organizations') }}

),

linear_customers as (

    {{ account_columns('linear', 'customer', 'customer_id', account_name='customer_name') }}
    from {{ ref('stg_linear__customers') }}

),

-- Gong repeats the CRM records of a call: each account it names is a record of its own, known from its first call on.
gong_named as (

    select
        calls.connection_id,
        crm_system.value:system::varchar as crm,
        crm_object.value:objectId::varchar as crm_id,
        calls.is_deleted,
        calls.started_at,
        calls.first_received_at
    from {{ ref('stg_gong__calls') }} as calls
    inner join lateral flatten(input => calls.crm_context) as crm_system
    inner join lateral flatten(input => crm_system.value:objects) as crm_object
    where lower(crm_object.value:objectType::varchar) in ('account', 'company')

),

gong_accounts as (

    {{ account_columns(
        'gong', 'account', "lower(crm) || '/' || crm_id",
        record_id="md5('gong|' || connection_id || '|account|' || crm || '|' || crm_id)",
        is_live='max(iff(is_deleted, 0, 1)) = 1',
        created_at='min(started_at)',
        first_received_at='min(first_received_at)'
    ) }}
    from gong_named
    where crm_id is not null
    group by connection_id, crm, crm_id

),

-- The billing service keeps no customer record, only its id on what it bills.
custom_customers as (

    {{ account_columns(
        'custom', 'customer', 'company_id',
        unit_count="sum(iff(subscription_status = 'active' and not is_deleted, units, 0))",
        record_id="md5('custom|' || connection_id || '|customer|' || company_id)",
        is_live='max(iff(is_deleted, 0, 1)) = 1',
        site="iff(company_id like '%.%', company_id, null)",
        created_at='min(started_at)',
        first_received_at='min(first_received_at)'
    ) }}
    from {{ ref('stg_custom__subscriptions') }}
    where company_id is not null
    group by connection_id, company_id

),

told as (

    select * from hubspot_companies
    union all
    select * from salesforce_accounts
    union all
    select * from apollo_accounts
    union all
    select * from intercom_companies
    union all
    select * from zendesk_organizations
    union all
    select * from linear_customers
    union all
    select * from gong_accounts
    union all
    select * from custom_customers

),

-- Seen first is the vendor's own date, so that the order in which records reach us decides nothing.
records as (

    select
        source || ':' || connection_id || ':' || record_kind || ':' || source_id as node_id,
        record_id,
        source,
        connection_id,
        record_kind,
        source_id,
        parent_source_id,
        owner_id,
        account_name,
        {{ name_key('account_name') }} as name_key,
        {{ host_of('site') }} as host,
        employee_count,
        nullif(unit_count, 0) as unit_count,
        is_live,
        coalesce(created_at, first_received_at) as first_seen_at
    from told

)

select * from records
