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

    select
        companies.record_id,
        'hubspot' as source,
        companies.connection_id,
        'company' as record_kind,
        companies.company_id as source_id,
        companies.company_name as account_name,
        companies.domain as site,
        hubspot_properties.parent_id as parent_source_id,
        companies.owner_id,
        try_to_number(hubspot_properties.employee_count)::number(18, 0) as employee_count,
        null::number(18, 0) as unit_count,
        not companies.is_deleted and not companies.is_merged as is_live,
        companies.created_at,
        companies.first_received_at
    from {{ ref('stg_hubspot__companies') }} as companies
    left join hubspot_properties on hubspot_properties.record_id = companies.record_id

),

salesforce_accounts as (

    select
        record_id,
        'salesforce' as source,
        connection_id,
        'account' as record_kind,
        account_id as source_id,
        account_name,
        domain as site,
        parent_id as parent_source_id,
        owner_id,
        employee_count::number(18, 0) as employee_count,
        null::number(18, 0) as unit_count,
        not is_deleted as is_live,
        created_at,
        first_received_at
    from {{ ref('stg_salesforce__accounts') }}

),

apollo_accounts as (

    select
        record_id,
        'apollo' as source,
        connection_id,
        'account' as record_kind,
        account_id as source_id,
        account_name,
        domain as site,
        null as parent_source_id,
        null as owner_id,
        null::number(18, 0) as employee_count,
        null::number(18, 0) as unit_count,
        not is_deleted as is_live,
        created_at,
        first_received_at
    from {{ ref('stg_apollo__accounts') }}

),

intercom_companies as (

    select
        record_id,
        'intercom' as source,
        connection_id,
        'company' as record_kind,
        company_id as source_id,
        company_name as account_name,
        website as site,
        null as parent_source_id,
        null as owner_id,
        null::number(18, 0) as employee_count,
        null::number(18, 0) as unit_count,
        not is_deleted as is_live,
        created_at,
        first_received_at
    from {{ ref('stg_intercom__companies') }}

),

zendesk_organizations as (

    select
        record_id,
        'zendesk' as source,
        connection_id,
        'organization' as record_kind,
        organization_id as source_id,
        organization_name as account_name,
        null as site,
        null as parent_source_id,
        null as owner_id,
        null::number(18, 0) as employee_count,
        null::number(18, 0) as unit_count,
        not is_deleted as is_live,
        created_at,
        first_received_at
    from {{ ref('stg_zendesk__organizations') }}

),

linear_customers as (

    select
        record_id,
        'linear' as source,
        connection_id,
        'customer' as record_kind,
        customer_id as source_id,
        customer_name as account_name,
        null as site,
        null as parent_source_id,
        null as owner_id,
        null::number(18, 0) as employee_count,
        null::number(18, 0) as unit_count,
        not is_deleted as is_live,
        created_at,
        first_received_at
    from {{ ref('stg_linear__customers') }}

),

-- Gong repeats the CRM records of a call: each account it names is a record of its own, known from its first call on.
gong_accounts as (

    select
        md5('gong|' || calls.connection_id || '|account|' || crm_system.value:system::varchar || '|'
            || crm_object.value:objectId::varchar) as record_id,
        'gong' as source,
        calls.connection_id,
        'account' as record_kind,
        lower(crm_system.value:system::varchar) || '/' || crm_object.value:objectId::varchar as source_id,
        null as account_name,
        null as site,
        null as parent_source_id,
        null as owner_id,
        null::number(18, 0) as employee_count,
        null::number(18, 0) as unit_count,
        max(iff(calls.is_deleted, 0, 1)) = 1 as is_live,
        min(calls.started_at) as created_at,
        min(calls.first_received_at) as first_received_at
    from {{ ref('stg_gong__calls') }} as calls
    inner join lateral flatten(input => calls.crm_context) as crm_system
    inner join lateral flatten(input => crm_system.value:objects) as crm_object
    where
        lower(crm_object.value:objectType::varchar) in ('account', 'company')
        and crm_object.value:objectId::varchar is not null
    group by all

),

-- The billing service keeps no customer record, only its id on what it bills.
custom_customers as (

    select
        md5('custom|' || connection_id || '|customer|' || company_id) as record_id,
        'custom' as source,
        connection_id,
        'customer' as record_kind,
        company_id as source_id,
        null as account_name,
        null as site,
        null as parent_source_id,
        null as owner_id,
        null::number(18, 0) as employee_count,
        sum(iff(subscription_status = 'active' and not is_deleted, units, 0))::number(18, 0) as unit_count,
        max(iff(is_deleted, 0, 1)) = 1 as is_live,
        min(started_at) as created_at,
        min(first_received_at) as first_received_at
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
